/* Finds entries: names first, names that are nearly so next, then words of titles and texts. */
import MiniSearch from "./minisearch.js";

/* Words of a question that name nothing. */
const SMALL = new Set(
  `a an and any are as at be between by can could difference do does for from get good has have how i if in into is it
  its me my of on or our out python should so some than that the their them then there to up use using versus vs want was
  we what when where which while who why will with without you your`.split(/\s+/)
);
const AGAINST = /\s(?:vs\.?|versus|or|against|and)\s/i;
/* Where scores are near each other, the page that answers more comes first. */
const WORTH = {
  Category: 1.35, Technology: 1.2, Concept: 1.15, Choice: 1.3, Snippet: 1.1, Question: 1.1, Decision: 1.05,
  Stack: 1.05, Comparison: 0.8, Lesson: 0.9, Section: 0.85, Page: 0.9,
};
const FIELDS = { title: 10, aliases: 9, where: 2, words: 2.5, text: 1.5 };

export function words(text) {
  return text.toLowerCase().normalize("NFKD").match(/[\p{L}\p{N}]+/gu) || [];
}

const joined = (text) => words(text).join("");

/* "tests" is found by "test", "caching" by "cache": endings are cut off alike in texts and queries. */
export function stem(word) {
  if (word.length < 5) return word.length === 4 && /[^s]s$/.test(word) ? word.slice(0, 3) : word;
  return word.replace(/ies$/, "y").replace(/(?:ings?|ers?|ed|es|e|s)$/, (end, at) => (at < 3 ? end : ""));
}

/* The number of letters to insert, leave out, change or swap between two texts; `most` + 1 if it is over `most`. */
export function distance(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let before, last = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i++) {
    const now = [i];
    let least = i;
    for (let j = 1; j <= other.length; j++) {
      let cost = Math.min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        cost = Math.min(cost, before[j - 2] + 1);
      }
      now[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    before = last;
    last = now;
  }
  return last[other.length];
}

/* How well a whole query names something: 4000 the same, up to 2000 its beginning, 1100 or 700 with one or two slips. */
function nameScore(query, name) {
  if (name === query) return 4000;
  if (query.length > 1 && name.startsWith(query)) return 800 + (1200 * query.length) / name.length;
  if (query.length < 4) return 0;
  const most = query.length > 5 ? 2 : 1;
  const slips = distance(query, name, most);
  if (slips <= most) return 1500 - 400 * slips;
  if (query.length > 4 && name.length > query.length + 1) {
    const begun = distance(query, name.slice(0, query.length), most);
    if (begun <= most) return 700 - 250 * begun;
  }
  return 0;
}

export class Finder {
  /* `file` is search/entries.json: {kinds, rows}. */
  constructor(file) {
    this.entries = file.rows.map(([title, address, kind, where = "", tier = "", aliases = [], text = "", more = ""], id) => ({
      id, title, address, kind: file.kinds[kind], where, tier, aliases, text, words: more,
    }));
    this.names = this.entries.flatMap((entry) => [
      [joined(entry.title), entry, ""],
      ...entry.aliases.map((alias) => [joined(alias), entry, alias]),
    ]);
    this.index = new MiniSearch({
      fields: Object.keys(FIELDS),
      extractField: (entry, field) => (field === "aliases" ? entry.aliases.join(" / ") : entry[field]),
      tokenize: words,
      processTerm: stem,
    });
    this.index.addAll(this.entries);
  }

  /* The best entries, best first: {entry, why}, why being the alias by which it was found, or "". */
  find(query, limit = 12) {
    const asked = query.trim();
    if (!asked) return [];
    const scores = new Map();
    const why = new Map();
    const add = (entry, score, alias = "") => {
      if (score > (scores.get(entry) || 0) && score >= 700) why.set(entry, alias);
      scores.set(entry, Math.max(scores.get(entry) || 0, score));
    };
    this.byName(asked).forEach(([entry, score, alias]) => add(entry, score, alias));
    const named = new Map(scores);
    this.byWords(asked).forEach((score, id) => {
      const entry = this.entries[id];
      scores.set(entry, (named.get(entry) || 0) + score * WORTH[entry.kind]);
    });
    this.byPair(asked).forEach(([entry, score]) => add(entry, score));
    return [...scores]
      .sort((a, b) => b[1] - a[1] || a[0].id - b[0].id)
      .slice(0, limit)
      .map(([entry]) => ({ entry, why: why.get(entry) || "" }));
  }

  byName(asked) {
    const query = joined(asked);
    const best = new Map();
    this.names.forEach(([name, entry, alias]) => {
      const score = nameScore(query, name) - (alias ? 1 : 0);
      if (score > 0 && score > (best.get(entry) || [0])[0]) best.set(entry, [score, alias]);
    });
    return [...best].map(([entry, [score, alias]]) => [entry, score, alias]);
  }

  byWords(asked) {
    const all = words(asked);
    const telling = all.filter((word) => !SMALL.has(word));
    const query = (telling.length ? telling : all).join(" ");
    const last = stem(words(query).pop() || "");
    const options = {
      boost: FIELDS,
      prefix: (term) => term === last,
      weights: { fuzzy: 0.3, prefix: 0.6 },
      bm25: { k: 1.2, b: 0.6, d: 0.5 },
    };
    const slips = (term) => (term.length > 6 ? 2 : term.length > 3 ? 1 : 0);
    const scores = new Map();
    const take = (results, share) => results.forEach((result) => {
      if (!scores.has(result.id)) scores.set(result.id, result.score * share);
    });
    take(this.index.search(query, { ...options, combineWith: "AND" }), 2);
    if (scores.size < 8) take(this.index.search(query, { ...options, combineWith: "AND", fuzzy: slips }), 1.2);
    if (scores.size < 8) take(this.index.search(query, { ...options, fuzzy: slips }), 0.6);
    return scores;
  }

  /* "celery vs dramatiq": the page of the pair, then its sides. */
  byPair(asked) {
    const sides = asked.split(AGAINST);
    if (sides.length !== 2) return [];
    const found = sides.map((side) => this.byName(side)
      .filter(([entry, score]) => entry.address.startsWith("technologies/") && score > 400)
      .sort((a, b) => b[1] - a[1])
      .filter(([, score], _, [[, best]]) => score > best / 2)
      .map(([entry]) => entry));
    if (!found[0].length || !found[1].length) return [];
    const id = (entry) => entry.address.split("/")[1];
    for (const one of found[0].slice(0, 4)) {
      for (const other of found[1].slice(0, 4)) {
        const address = `compare/${[id(one), id(other)].sort().join("-vs-")}/`;
        const pair = this.entries.find((entry) => entry.address === address);
        if (pair) return [[pair, 9000], [one, 8000], [other, 7999]];
      }
    }
    return [[found[0][0], 3600], [found[1][0], 3599]];
  }
}
