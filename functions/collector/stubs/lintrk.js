window.lintrk =
  window.lintrk ||
  function () {
    (lintrk.q = lintrk.q || []).push(arguments);
  };
