// TikTok's calls. Only `track` has a counterpart; what `identify` is given goes nowhere.
const ttqCalls = [].concat(window.ttq || []);
window.ttq = new Proxy(
  {},
  {
    get:
      (target, method) =>
      (...given) => {
        if (method == "track") take("ttq.track " + given[0], ...given);
        else if (method == "instance") return ttq;
        else if (method == "ready") setTimeout(given[0]);
        else drop("ttq." + String(method), "no counterpart");
      }
  }
);
for (const [method, ...given] of ttqCalls) ttq[method](...given);
