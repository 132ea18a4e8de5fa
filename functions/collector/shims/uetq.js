// Microsoft's calls, in UET's old and new syntax. An event goes under its action; `revenue_value` is its value.
const uetqCalls = [].concat(window.uetq || []);
const readUet = (command, name, told) => {
  const old = Object(command) === command; // { ec, ea, el, ev, gv, gc }
  const { ea, gv, gc, revenue_value, ...fields } = Object(old ? command : told);
  if (old || command == "event")
    take("uetq " + (ea || name), ea || name, { value: old ? gv : revenue_value, currency: gc, ...fields });
  else drop("uetq " + command, "no counterpart");
};
window.uetq = { push: readUet };
// Before the script was there, calls were pushed end to end into one array; each ends in an object.
let uetCall = [];
for (const part of uetqCalls) {
  uetCall.push(part);
  if (Object(part) === part) {
    readUet(...uetCall);
    uetCall = [];
  }
}
