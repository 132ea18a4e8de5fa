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

const REASONS = {
  unknown_path: 'The path is none that the airlock serves.',
  method: 'The HTTP method is not one that the path takes.',
  foreign_origin: 'The request does not come from a page of the policy’s sites.',
  unsupported_type: 'The content type, charset or encoding is not taken.',
  too_large: 'The body is larger than 8 KiB.',
  bad_signature: 'No secret of the webhook signed this request, or not lately, or it came before.',
  malformed: 'The body is not a JSON object of the agreed shape.',
  unknown_event: 'The policy does not list this event.',
  event_expired: 'The review of this event has run out: nobody has approved it beyond that day.',
  bad_time: 'The event’s time lies too far in the past or in the future.',
  foreign_page: 'The page is not on one of the policy’s sites.',
  private_page: 'The policy marks this page private: nothing is taken from it.',
  gpc: 'The browser sends the Global Privacy Control signal.',
  no_consent: 'The visitor did not give the consent that the policy requires.',
  stale_consent: 'The consent carries no date, or is older than the policy allows.',
  not_configured: 'The policy does not set this network up for the event.',
  no_authorization: 'Contact data was given, but no HIPAA authorization covers it, and nothing else identifies.',
  authorization_revoked: 'The HIPAA authorization was revoked while the event waited.',
  no_identity: 'Nothing is left by which this network could recognise the visit.',
  phi_suspected: 'The second fence found something that looks like health or contact data.',
  internal: 'Something failed inside; the airlock stays closed then.',
  queue_unavailable: 'The queue did not take it; the browser was asked to try again.',
  not_yet: 'The rounded time of the event has not come yet.',
  expired: 'The event is older than the network takes.',
  rejected: 'The network says that the request is wrong; trying again would not help.',
  duplicate: 'It was delivered before, under the same id.',
  unreadable: 'The message on the queue could not be read.',
  throttled: 'The network asked for patience; it is tried again.',
  unavailable: 'The network did not answer, or answered with a fault; it is tried again.',
  unauthorised: 'The network does not accept the credential; it is tried again once that is mended.',
  prohibited: 'The network forbids this kind of data.',
  ledger_unavailable: 'The record of what was delivered could not be reached; it is tried again.',
};

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
};

const TIMES = new Set(['at', 'not_before', 'told_at']);
const FIRST_MILLISECONDS = 1e11; // smaller numbers are seconds

export function tellOutcome(word) {
  return OUTCOMES[word] || '';
}

export function tellReason(word) {
  return REASONS[word] || '';
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
