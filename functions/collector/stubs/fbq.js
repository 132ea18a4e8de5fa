window.fbq =
  window.fbq ||
  function () {
    (fbq.queue = fbq.queue || []).push(arguments);
  };
