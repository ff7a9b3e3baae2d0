/* Runs before the first paint: applies the remembered colour scheme, else CSS follows the system.
   `asked`: the address has a choice in it that scripts will show. */
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  if (location.search) root.classList.add("asked");
  try {
    var scheme = localStorage.getItem("stackproof.scheme");
    if (scheme === "light" || scheme === "dark") root.dataset.scheme = scheme;
  } catch (error) {
    /* Storage is blocked: the system's scheme stays. */
  }
})();
