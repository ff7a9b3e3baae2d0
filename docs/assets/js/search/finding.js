/* Finds entries: by their whole names, by names that are nearly so, and by the words of names and texts. */
import MiniSearch from "./minisearch.js";
import { distance, joined, nameScore, stem, telling, words } from "./names.js";

const AGAINST = /\s(?:vs\.?|versus|or|against|and|instead\s+of|rather\s+than|over|to)\s/i;
const AROUND = new RegExp(
  String.raw`^(?:the\s+)?(?:differences?\s+between|compar(?:e|ing|ison\s+of)|when\s+to\s+use|should\s+i\s+use|`
  + String.raw`(?:(?:migrat|switch|mov)(?:e|ing)?\s+)?from|(?:migrat|switch|mov)(?:e|ing)?)\s+`
  + String.raw`|\s+(?:differences?|comparison|compared)$`, "gi"
);
/* Where scores are near each other, the page that answers more comes first. */
const WORTH = {
  Category: 1.1, Technology: 1.08, Concept: 1.08, Choice: 1.1, Snippet: 1.05, Question: 1.05, Decision: 0.97,
  Stack: 1, Comparison: 0.8, Lesson: 0.95, Section: 0.95, Page: 0.9,
};
/* The kinds whose titles are names; those of the others are sentences. */
const NAMED = new Set(["Technology", "Concept", "Category"]);

/* Of the score of a whole name, what is left for other names of one word, and of several. */
const OTHER = 0.85;
const LONG = 0.3;

/* The score of a query whose every word stands in a name that has no others. */
const WORDS = 2400;
/* How much of it comes from the best name, and how much is left if only part of the query is there. */
const NAME = 0.55;
const SOME = 0.3;
/* What a word is worth by where it stands, beside 1 in a title and a little less in another name. */
const WHERE = { words: 0.6, where: 0.45, text: 0.4 };
const ALIAS = 0.9;
/* What another word for the same is worth, and what a word tells that stands nowhere. */
const ALSO = 0.85;
const UNKNOWN = 0.5;
/* How much of a name's score depends on its other words, in names and in sentences. */
const TIGHT = 0.5;
const LOOSE = 0.3;

/* Pairs come before everything, then their sides; those without a page only where both sides are sure. */
const PAIR = 30000;
const SIDES = [12000, 9000];
const PAGE = 3500;
const SURE = 8000 + PAGE - 10;

/* An index of documents whose fields are lists of words without endings. */
function index(fields, documents) {
  const made = new MiniSearch({
    fields,
    extractField: (document, field) => (field === "id" ? document.id : document[field].join(" ")),
    tokenize: (text) => text.split(" "),
    processTerm: (term) => term,
  });
  made.addAll(documents);
  return made;
}

export class Finder {
  /* `file` is search/entries.json: {kinds, rows, alike}. */
  constructor(file) {
    this.entries = file.rows.map(([title, address, kind, where = "", tier = "", aliases = [], text = "", more = ""], id) => ({
      id, title, address, kind: file.kinds[kind], where, tier, aliases, text, words: more,
    }));
    this.addresses = new Map(this.entries.map((entry) => [entry.address, entry]));
    this.names = this.entries
      .flatMap((entry) => ["", ...entry.aliases].map((alias) => ({ entry, alias, all: words(alias || entry.title) })))
      .map((one, id) => ({ ...one, id, joined: one.all.join(""), telling: telling(one.all), stems: one.all.map(stem) }));
    this.technologies = this.names.filter(({ entry }) => entry.address.startsWith("technologies/"));
    this.whole = new Map([...this.names].reverse().map(({ joined: name, entry }) => [name, entry]));
    this.alike = new Map(file.alike.flatMap((group) => group.map((one) => [joined(one), group])));
    const texts = this.entries.map((entry) => ({
      id: entry.id,
      ...Object.fromEntries(Object.keys(WHERE).map((field) => [field, words(entry[field]).map(stem)])),
    }));
    this.byNames = index(["stems"], this.names);
    this.byTexts = index(Object.keys(WHERE), texts);
    this.spread = new Map();
    const all = texts.map((text) => new Set(Object.keys(WHERE).flatMap((field) => text[field])));
    this.names.forEach(({ entry, stems }) => stems.forEach((term) => all[entry.id].add(term)));
    all.forEach((terms) => terms.forEach((term) => this.spread.set(term, (this.spread.get(term) || 0) + 1)));
  }

  /* What a word tells: nearly 0 if it stands everywhere, 1 if it stands once. */
  tells(term) {
    const spread = this.spread.get(term);
    return spread ? Math.max(0.05, 1 - Math.log(spread) / Math.log(this.entries.length)) : UNKNOWN;
  }

  /* The best entries, best first: {entry, why}, why being the alias by which it was found, or "". */
  find(query, limit = 12) {
    const asked = query.trim();
    if (!asked) return [];
    const scores = new Map();
    const why = new Map();
    const add = (entry, score, alias) => {
      scores.set(entry, (scores.get(entry) || 0) + score);
      if (alias && !why.has(entry)) why.set(entry, alias);
    };
    this.byName(asked).forEach(([entry, score, alias]) => add(entry, score, score >= 700 && alias));
    this.byWords(asked).forEach(([entry, score, alias]) => add(entry, score, alias));
    this.byPair(asked).forEach(([entry, score]) => add(entry, score));
    return [...scores]
      .sort((a, b) => b[1] - a[1] || a[0].id - b[0].id)
      .slice(0, limit)
      .map(([entry]) => ({ entry, why: why.get(entry) || "" }));
  }

  /* By whole names: the query is one, begins one, or nearly. */
  byName(asked, names = this.names) {
    const query = joined(asked);
    const best = new Map();
    names.forEach(({ joined: name, entry, alias, stems: { length: words } }) => {
      const whole = nameScore(query, name);
      const share = words === 1 ? OTHER : LONG;
      const score = alias && whole < 4000 ? whole * share : whole - (alias ? 1 : 0);
      if (score > 0 && score > (best.get(entry) || [0])[0]) best.set(entry, [score, alias]);
    });
    return [...best].map(([entry, [score, alias]]) => [entry, score, alias]);
  }

  /* What a query asks for, word by word: `{term, also}`, `also` being other words for the same. */
  terms(asked) {
    const all = words(asked);
    const also = new Map();
    [1, 2, 3].forEach((size) => all.slice(size - 1).forEach((_, n) => {
      const phrase = all.slice(n, n + size);
      const others = this.meanings(phrase.join(""));
      telling(phrase).forEach((term) => also.set(term, [...(also.get(term) || []), ...others]));
    }));
    return telling(all).map((term, n, terms) => ({
      term,
      also: (also.get(term) || []).filter((other) => !terms.includes(other)),
      last: n === terms.length - 1,
    }));
  }

  /* Other single words for what a word or phrase means. */
  meanings(phrase) {
    const named = this.whole.get(phrase);
    const names = named && NAMED.has(named.kind) ? [named.title] : [];
    const others = [...(this.alike.get(phrase) || []), ...names].map((other) => words(other).map(stem));
    return others.filter((stems) => stems.length === 1).map(([one]) => one);
  }

  /* The words of an index that a term means: word → how nearly, at most 1. */
  meant(index, { term, also, last }) {
    const slips = term.length > 6 ? 2 : term.length > 3 ? 1 : 0;
    const near = (word) => {
      if (word === term) return 1;
      if (also.includes(word)) return ALSO;
      if (word.startsWith(term)) return (last ? 0.5 : 0.35) + (0.4 * term.length) / word.length;
      return 0.85 - 0.2 * distance(term, word, slips);
    };
    const known = this.spread.has(term);
    const queries = [
      { queries: [term], prefix: last ? term.length > 1 : term.length > 2, fuzzy: known ? 0 : slips },
      { queries: also, prefix: false, fuzzy: 0 },
    ];
    const found = new Map();
    queries.filter((one) => one.queries.length).forEach((one) => {
      index.search({ combineWith: "OR", ...one }).forEach(({ id, match }) => {
        const hits = found.get(id) || new Map();
        Object.entries(match).forEach(([word, fields]) => hits.set(word, { near: near(word), fields }));
        found.set(id, hits);
      });
    });
    return found;
  }

  /* By the words of names and texts: how much of the query an entry has, and how much else its best name says. */
  byWords(asked) {
    const terms = this.terms(asked);
    const all = terms.map(({ term }) => this.tells(term));
    const sum = all.reduce((a, b) => a + b, 0);
    const names = new Map();
    const entries = new Map();
    const cover = (entry, n, share) => {
      const covered = entries.get(entry) || Array(terms.length).fill(0);
      covered[n] = Math.max(covered[n], share);
      entries.set(entry, covered);
    };
    terms.forEach((term, n) => {
      this.meant(this.byNames, term).forEach((hits, id) => {
        const [[word, { near }]] = [...hits].sort((a, b) => b[1].near - a[1].near);
        const one = names.get(id) || { asked: 0, words: new Map() };
        one.asked += all[n] * near;
        one.words.set(word, Math.max(one.words.get(word) || 0, near));
        names.set(id, one);
        cover(this.names[id].entry, n, near);
      });
      this.meant(this.byTexts, term).forEach((hits, id) => hits.forEach(({ near, fields }) => {
        cover(this.entries[id], n, near * Math.max(...fields.map((field) => WHERE[field])));
      }));
    });
    const best = new Map();
    names.forEach(({ asked: part, words: hit }, id) => {
      const { entry, alias, telling: said } = this.names[id];
      const whole = said.reduce((a, term) => a + this.tells(term), 0);
      const met = [...hit].reduce((a, [word, near]) => a + this.tells(word) * near, 0);
      const tight = alias || NAMED.has(entry.kind) ? TIGHT : LOOSE;
      const score = (part / sum) * (1 - tight + tight * Math.min(1, met / whole)) * (alias ? ALIAS : 1);
      if (score > (best.get(entry) || [0])[0]) best.set(entry, [score, alias]);
    });
    return [...entries].map(([entry, covered]) => {
      const [name, alias] = best.get(entry) || [0, ""];
      const coverage = covered.reduce((a, share, n) => a + share * all[n], 0) / sum;
      const matched = covered.reduce((a, share, n) => a + (share ? all[n] : 0), 0) / sum;
      const score = WORDS * (NAME * name + (1 - NAME) * coverage) * (SOME + (1 - SOME) * matched) * WORTH[entry.kind];
      return [entry, score, name > 0.6 && alias];
    });
  }

  /* "celery vs dramatiq", "rq celery": the page of the pair, then its sides. */
  byPair(asked) {
    const plain = asked.replace(AROUND, "");
    const said = plain.split(AGAINST);
    const sides = said.length === 2 ? said.map((side) => this.near(side)) : this.cut(plain);
    if (!sides) return [];
    const [best] = sides[0]
      .flatMap(([one, first]) => sides[1].map(([other, second]) => {
        const key = [one, other].map((entry) => entry.address.split("/")[1]).sort().join("-vs-");
        const pair = this.addresses.get(`compare/${key}/`);
        return { one, other, pair, score: one === other ? 0 : first + second + (pair ? PAGE : 0) };
      }))
      .filter(({ score, pair }) => score && (pair || (said.length === 2 && score > 4000)))
      .sort((a, b) => b.score - a.score);
    if (!best || (best.score < SURE && this.whole.has(joined(asked)))) return [];
    return [[best.one, SIDES[0]], [best.other, SIDES[1]], ...(best.pair ? [[best.pair, PAIR]] : [])];
  }

  /* The technologies that a side of a pair may mean, with how well. */
  near(side) {
    return this.byName(side, this.technologies)
      .filter(([, score]) => score > 400)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 6);
  }

  /* A query of two names with nothing between them. */
  cut(asked) {
    const all = words(asked);
    return all
      .slice(1)
      .map((_, n) => [all.slice(0, n + 1), all.slice(n + 1)].map((side) => this.whole.get(side.join(""))))
      .filter((pair) => pair.every((entry) => entry && entry.address.startsWith("technologies/")))
      .map((pair) => pair.map((entry) => [[entry, 4000]]))[0];
  }
}
