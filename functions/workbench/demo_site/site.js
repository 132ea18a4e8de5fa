// The clinic's own script: asks for consent once, remembers the answer in this browser, and tells the airlock.

(() => {
  const KEY = 'glow_privacy_choice'; // {"marketing": true or false, "at": epoch milliseconds}: the only thing kept
  const AGAIN_AFTER_MS = 180 * 24 * 60 * 60 * 1000; // as long as the policy takes a consent

  const isPrivate = Boolean(document.querySelector('meta[name="airlock"][content="off"]'));
  const optedOut = navigator.globalPrivacyControl === true;

  function remembered() {
    try {
      const choice = JSON.parse(localStorage.getItem(KEY));
      const valid = choice && typeof choice.marketing === 'boolean' && Date.now() - choice.at < AGAIN_AFTER_MS;
      return valid ? choice : null;
    } catch (_) {
      return null; // storage is closed or holds something else: the visitor is asked again
    }
  }

  function remember(choice) {
    try {
      localStorage.setItem(KEY, JSON.stringify(choice));
    } catch (_) {
      // Not kept: the visitor is asked again on the next page.
    }
  }

  function tell(choice) {
    if (typeof window.airlock === 'function' && typeof window.airlock.consent === 'function') window.airlock.consent(choice);
  }

  function choose(marketing) {
    const choice = { marketing, at: Date.now() };
    remember(choice);
    tell(choice);
    close();
  }

  let banner = null;

  function close() {
    if (banner) banner.remove();
    banner = null;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function button(className, text, act) {
    const made = element('button', className, text);
    made.type = 'button';
    made.addEventListener('click', act);
    return made;
  }

  function show(heading, text, buttons) {
    close();
    banner = element('section', 'consent', '');
    banner.setAttribute('aria-label', 'Privacy choice');
    const words = element('div', '', '');
    const more = element('a', '', 'Privacy');
    more.href = '/privacy';
    const paragraph = element('p', '', `${text} `);
    paragraph.append(more);
    words.append(element('h2', '', heading), paragraph);
    const actions = element('div', 'actions', '');
    actions.append(...buttons);
    banner.append(words, actions);
    document.body.append(banner);
  }

  function ask() {
    show('May we count which ad brought you here?',
      'With your yes, an ad network learns that a request was made, never for which treatment, and nothing that you wrote.',
      [button('button', 'Yes, count it', () => choose(true)), button('button', 'No, do not', () => choose(false))]);
  }

  function honor() {
    show('Opt-out honored',
      'Your browser sends the Global Privacy Control signal. No ad network is told of this visit.',
      [button('button quiet', 'Close', close)]);
  }

  if (isPrivate) return; // nothing is asked where nothing is taken

  if (optedOut) {
    tell({ marketing: false, at: Date.now() });
    honor();
  } else {
    const choice = remembered();
    if (choice) tell(choice);
    else ask();
  }

  for (const again of document.querySelectorAll('[data-privacy-choices]')) {
    again.hidden = false;
    again.addEventListener('click', () => {
      (optedOut ? honor : ask)();
      banner.querySelector('button').focus();
    });
  }
})();
