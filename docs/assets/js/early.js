/* Runs before the first paint: applies the remembered colour scheme, else CSS follows the system.
   `asked`: the address names a comparison that a script will show.
   The font is worth a wait where the wait is short. On a slow link a local face is read until it is at hand. */
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  if (/[?&]in=/.test(location.search)) root.classList.add("asked");
  try {
    var scheme = localStorage.getItem("stackproof.scheme");
    if (scheme === "light" || scheme === "dark") root.dataset.scheme = scheme;
  } catch (error) {
    /* Storage is blocked: the system's scheme stays. */
  }
  if (!navigator.connection || navigator.connection.rtt < 200) {
    var font = document.createElement("link");
    font.rel = "preload";
    font.as = "font";
    font.crossOrigin = "";
    font.href = new URL("../fonts/inter.woff2", document.currentScript.src);
    document.head.append(font);
  }
})();
