// Words of the journal's vocabulary in, sentences for a reader out. A word that is not here is shown as it is.

const OUTCOMES = {
  accepted: 'Clean, and on this network’s queue.',
  delivered: 'The network was told, and took it.',
  withheld: 'Policy, consent or a missing identity says no. Nothing was sent.',
  refused: 'The request or the event as a whole was not acceptable. Nothing was sent.',
  held: 'Not yet: a moment or a network is waited for.',
  expired: 'Older than the network takes. It will not be sent.',
  rejected: 'The network answered that it will never take this event.',
};

let reasons = {}; // the workbench's own sentences

/** Takes the sentences for the reasons, by their words. */
export function learnReasons(given) {
  reasons = given;
}

const FIELDS = {
  kind: 'Line',
  at: 'Written at',
  outcome: 'Outcome',
  reason: 'Reason',
  destination: 'Network',
  event: 'Event',
  event_id: 'Event id, one-way',
  surface: 'Kind of page',
  label: 'Page label',
  source: 'Source',
  click_id: 'Click id of kind',
  digests: 'Hashed identifiers',
  basis: 'Legal basis',
  authorization: 'Authorization',
  not_before: 'Not sent before',
  told_at: 'Time that was told',
  props: 'Kept for reports only',
  dropped: 'Dropped, by field',
  field: 'Field at fault',
  rule: 'Rule it broke',
  bytes: 'Bytes',
  attempt: 'Attempt',
  host: 'Host',
  status: 'HTTP status',
  code: 'Code of the network',
  trace: 'Trace of the network',
  amount: 'Value that was told',
  sha256: 'SHA-256 of the body',
  policy: 'Policy hash',
  schema: 'Schema',
  type: 'Exception',
  line: 'Raised at',
  change: 'Change',
  version: 'Version of the code',
  payload_at: 'Payload shown at place',
  chain: 'Chain',
  seq: 'Place in the chain',
  prev: 'Hash of the line before',
  key: 'Key',
  signature: 'Signature',
  events: 'Events processed',
  failed: 'Failed there, by code',
};

const TIMES = new Set(['at', 'not_before', 'told_at']);
const FIRST_MILLISECONDS = 1e11; // smaller numbers are seconds

export function tellOutcome(word) {
  return OUTCOMES[word] || '';
}

export function tellReason(word) {
  return reasons[word] || '';
}

export function nameField(field) {
  return FIELDS[field] || field;
}

/** A field's value as one line of text. */
export function tellValue(field, value) {
  if (TIMES.has(field)) return tellTime(value);
  if (Array.isArray(value)) return value.join(', ');
  if (value !== null && typeof value === 'object') {
    return Object.keys(value).map((key) => `${key}: ${value[key]}`).join(', ');
  }
  return String(value);
}

/** Epoch seconds, epoch milliseconds or ISO 8601 as date and time of day, in UTC as the journal counts. */
export function tellTime(value) {
  const date = readTime(value);
  return Number.isNaN(date.getTime()) ? String(value) : `${date.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** The time of day of the same, in UTC. */
export function tellClock(value) {
  const date = readTime(value);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(11, 19);
}

// The journal writes its own times in milliseconds and the rounded ones, as the networks get them, in seconds.
function readTime(value) {
  return new Date(typeof value === 'number' && value < FIRST_MILLISECONDS ? value * 1000 : value);
}
