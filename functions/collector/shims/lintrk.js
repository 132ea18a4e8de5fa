// LinkedIn's calls. A conversion is known by its id, as the policy's [destination.linkedin] has it or as an alias.
const lintrkCalls = (window.lintrk || {}).q || [];
window.lintrk = (command, told) => {
  const { conversion_id, conversion_value, commandCallback, ...fields } = told || {};
  if (command == "track") take("lintrk " + conversion_id, "" + conversion_id, { value: conversion_value, ...fields });
  else drop("lintrk " + command, "no counterpart");
  if (commandCallback) setTimeout(commandCallback);
};
for (const call of lintrkCalls) lintrk(...call);
