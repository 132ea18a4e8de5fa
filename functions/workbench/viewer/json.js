// JSON text in, the same text laid out over lines out. Only white space between tokens changes: no number, escape or order
// of keys does, because what is shown is evidence.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const STEP = '  ';

/** The text laid out, or null where it is not JSON. */
export function layOut(text) {
  try {
    JSON.parse(text);
  } catch (_) {
    return null;
  }
  const tokens = text.match(TOKEN) || [];
  let out = '';
  let depth = 0;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === '{' || token === '[') {
      const empty = next === '}' || next === ']';
      depth += 1;
      out += empty ? token : token + newline(depth);
    } else if (token === '}' || token === ']') {
      const empty = tokens[index - 1] === '{' || tokens[index - 1] === '[';
      depth -= 1;
      out += empty ? token : newline(depth) + token;
    } else if (token === ',') {
      out += token + newline(depth);
    } else if (token === ':') {
      out += ': ';
    } else {
      out += token;
    }
  });
  return out;
}

function newline(depth) {
  return `\n${STEP.repeat(depth)}`;
}
