// Stand-ins of Meta's pixel and Google's tag, as this site had them: what the vendors' scripts gather from a page by
// themselves, sent to this machine in the vendors' own words. Parts of the demo; no vendor's code, and nothing leaves.
//
// facebook.com/business/help, automatic events and automatic advanced matching; support.google.com/analytics, enhanced
// measurement and enhanced conversions (read 2026-11-25)

(() => {
  const YEAR_S = 31536000;

  // Both keep an id of the visitor in a cookie of the site.
  function visitorId(name, made) {
    const found = document.cookie.match(`(?:^|; )${name}=([^;]*)`);
    const id = found ? found[1] : made;
    document.cookie = `${name}=${id}; Max-Age=${YEAR_S}; Path=/; SameSite=Lax`;
    return id;
  }

  const random = () => crypto.getRandomValues(new Uint32Array(1))[0];
  const seconds = Math.floor(Date.now() / 1000);
  const fbp = visitorId('_fbp', `fb.1.${Date.now()}.${random()}`);
  const cid = visitorId('_ga', `GA1.1.${random()}.${seconds}`).replace('GA1.1.', '');

  // What was typed into a form, hashed as soon as a field is left: ready when the form is sent.
  const hashed = {};
  document.addEventListener('change', async ({ target }) => {
    const kinds = { email: 'em', tel: 'ph', 'given-name': 'fn', 'family-name': 'ln' };
    const kind = kinds[target.type] || kinds[target.autocomplete];
    if (!kind || !target.value) return;
    const bytes = new TextEncoder().encode(target.value.trim().toLowerCase());
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    hashed[kind] = [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('');
  }, true);

  function send(path, told) {
    const kept = Object.entries(told).filter(([, value]) => value);
    fetch(`/_pixels/${path}?${new URLSearchParams(kept)}`, { keepalive: true });
  }

  function meta(event, more = {}) {
    send('Meta/tr', { id: '000000000000000', ev: event, dl: location.href, rl: document.referrer, fbp, ...more });
  }

  function google(event, more = {}) {
    const page = { dl: location.href, dr: document.referrer, dt: document.title };
    send('Google/g/collect', { v: '2', tid: 'G-0000000000', cid, en: event, ...page, ...more });
  }

  meta('PageView');
  google('page_view');

  document.addEventListener('click', ({ target }) => {
    const clicked = target.closest('a, button');
    if (!clicked || clicked.closest('.demo, .consent')) return;
    const text = clicked.textContent.trim().slice(0, 80);
    meta('SubscribedButtonClick', { 'cd[buttonText]': text, 'cd[pageFeatures]': JSON.stringify({ title: document.title }) });
    if (clicked.protocol === 'tel:') google('click', { 'ep.link_url': clicked.href });
  }, true);

  document.addEventListener('submit', ({ target }) => {
    const choice = target.querySelector('select');
    const treatment = choice && choice.value ? choice.value : (document.querySelector('h1') || {}).textContent;
    const matched = Object.fromEntries(Object.entries(hashed).map(([kind, hash]) => [`udff[${kind}]`, hash]));
    const event = target.dataset.airlock === 'booking' ? 'Schedule' : 'Lead';
    meta(event, { 'cd[content_name]': treatment, ...matched });
    google('form_submit', { 'ep.form_destination': target.action, 'ep.treatment': treatment, em: hashed.em });
  }, true);
})();
