window.airlock =
  window.airlock ||
  function () {
    (airlock.q = airlock.q || []).push(arguments);
  };
airlock.consent =
  airlock.consent ||
  function (given) {
    airlock("consent", given);
  };
