// Counts in; the cells of the funnel, their share and the sentence that says whether the counts add up out.

import { setText } from './page.js';

const GATES = ['accepted', 'withheld', 'refused'];
const NETWORK = ['delivered', 'held', 'rejected', 'expired'];
const NAMES = { rejected: 'dead-lettered', 'for nobody': 'for the clinic’s reports alone' };

/** Draws the counts; `pressed` is the outcome that is filtered by. */
export function drawFunnel(flow, balance, tally, pressed) {
  for (const cell of flow.querySelectorAll('.cell')) {
    const name = cell.dataset.cell;
    const count = countOf(name, tally);
    setText(cell.querySelector('b'), count.toLocaleString('en-US'));
    cell.style.setProperty('--share', String(tally.received ? count / tally.received : 0));
    cell.setAttribute('aria-pressed', String(pressed === (name === 'received' ? '' : name)));
  }
  const known = GATES.reduce((sum, name) => sum + (tally.gate[name] || 0), 0);
  const whole = known === tally.received;
  setText(balance, tally.received ? sentence(tally) : '');
  balance.dataset.whole = String(whole);
}

function countOf(name, tally) {
  if (name === 'received') return tally.received;
  return (NETWORK.includes(name) ? tally.network : tally.gate)[name] || 0;
}

function sentence(tally) {
  const accepted = tally.gate.accepted || 0;
  const gates = sum(tally.gate, GATES);
  const network = sum(tally.network, NETWORK);
  const again = tally.again ? ` ${tally.again} reported more than once (the queue delivers at least once).` : '';
  return `${tally.received} received = ${gates}.  ${accepted} accepted = ${network}.${again}`;
}

// Names that are not among the usual ones are appended: nothing is left out of the sum.
function sum(counts, names) {
  const others = Object.keys(counts).filter((name) => !names.includes(name));
  return [...names, ...others].map((name) => `${counts[name] || 0} ${NAMES[name] || name}`).join(' + ');
}
