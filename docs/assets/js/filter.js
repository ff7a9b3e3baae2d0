/* Narrows the list of snippets down to a category, a technology, a service. The address keeps it. */
(function () {
  "use strict";
  var form = document.querySelector("[data-filter]");
  var count = document.querySelector("[data-filter-count]");
  var cards = Array.from(document.querySelectorAll(".sp-card[data-category]"));
  var selects = Array.from(form.elements).filter(function (each) { return each.name; });

  function fits(card) {
    return selects.every(function (select) {
      return !select.value || card.dataset[select.name].split(" ").includes(select.value);
    });
  }

  /* A heading stands before its list and goes with it. */
  function fold(list) {
    var isEmpty = !list.querySelector(".sp-card:not([hidden])");
    var heading = list.closest(".sp-cards").previousElementSibling;
    list.hidden = isEmpty;
    if (heading && heading.matches("h2")) heading.hidden = isEmpty;
  }

  function show() {
    var shown = cards.filter(function (card) {
      card.hidden = !fits(card);
      return !card.hidden;
    });
    new Set(cards.map(function (card) { return card.parentNode; })).forEach(fold);
    count.textContent = shown.length === 1 ? "1 snippet" : shown.length + " snippets";
  }

  function remember() {
    var asked = new URLSearchParams();
    selects.forEach(function (select) {
      if (select.value) asked.set(select.name, select.value);
    });
    history.replaceState(null, "", asked.size ? "?" + asked : location.pathname);
    show();
  }

  var asked = new URLSearchParams(location.search);
  selects.forEach(function (select) {
    select.value = asked.get(select.name) || "";
    if (!select.value) select.value = "";
  });
  form.addEventListener("change", remember);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  if (asked.size) show();
})();
