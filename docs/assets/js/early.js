/* Runs before the first paint: applies the remembered colour scheme, else CSS follows the system. */
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var scheme = localStorage.getItem("stackproof.scheme");
    if (scheme === "light" || scheme === "dark") root.dataset.scheme = scheme;
  } catch (error) {
    /* Storage is blocked: the system's scheme stays. */
  }
})();
