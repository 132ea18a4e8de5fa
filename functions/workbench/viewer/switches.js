// A posted event in; a form out that runs it again with other consent, opt-out, authorization or page.

import { make } from './page.js';

const AS_SENT = ['', 'as it was sent'];
const CHOICES = [
  ['consent', 'Consent', [AS_SENT, ['true', 'given'], ['false', 'refused']]],
  ['gpc', 'Global Privacy Control', [AS_SENT, ['true', 'on'], ['false', 'off']]],
  ['authorization', 'HIPAA authorization', [AS_SENT, ['true', 'on file'], ['false', 'none']]],
];

/** The form. `context.ran` is called with the event's number when a re-run was taken; `context.last` gives the newest. */
export function switchBoard(sent, policy, context) {
  const form = make('form', { class: 'switches' }, make('h4', {}, 'What if'));
  for (const [name, label, options] of CHOICES) form.append(choice(name, label, options));
  form.append(choice('page', 'Page', [AS_SENT, ...policy.pages.map((page) => [page, page])]));
  const answer = make('output', {});
  form.append(make('button', { type: 'submit' }, 'Run it again'), answer);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run(sent, new FormData(form), answer, context);
  });
  return form;
}

function choice(name, label, options) {
  const select = make('select', { name }, ...options.map(([value, text]) => make('option', { value }, text)));
  return make('label', {}, make('span', {}, label), select);
}

async function run(sent, chosen, answer, context) {
  const switches = { sent: sent.number };
  for (const [name, value] of chosen) if (value) switches[name] = name === 'page' ? value : value === 'true';
  const last = context.last();
  try {
    const response = await fetch('/_airlock/rerun', { method: 'POST', body: JSON.stringify(switches) });
    answer.value = response.ok ? 'Taken; it appears in a moment.' : await response.text();
    if (response.ok) context.ran(sent.number, last);
  } catch (_) {
    answer.value = 'The workbench does not answer.';
  }
}
