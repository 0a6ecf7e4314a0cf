// Runs before anything of the page: notes what the page would not tell by itself.
(() => {
  const seen = (globalThis.witness = { long: [], refused: [], playable: null, messages: [] });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) seen.long.push([e.startTime, e.duration]);
  }).observe({ type: "longtask", buffered: true });
  document.addEventListener("securitypolicyviolation", (e) =>
    seen.refused.push(`${e.effectiveDirective}: ${e.blockedURI} ${e.sourceFile ?? ""}:${e.lineNumber}`));
  addEventListener("message", (e) => seen.messages.push({ origin: e.origin, data: e.data }));
  // Playable: the puzzle is there and its answer can be checked. Told once it has been painted.
  new MutationObserver((_, observer) => {
    const check = document.querySelector("#check");
    if (!check || check.disabled || !document.querySelector("[data-stimulus]")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { seen.playable ??= performance.now(); }));
  }).observe(document, { childList: true, subtree: true, attributes: true });
})();
