/* What texts and queries are compared by: their words, without endings, and how far two are apart. */

/* Words of a question that name nothing. */
const SMALL = new Set(
  `a about actually all an and any anything are as at be been being best better between by can correctly could did
  difference do does doing each easiest easily equivalent every find for from get give go good has have having help how i
  if in into is it its just know like lot make makes many me much my need needs new no not of ok okay on one only or other
  our out properly put python really right see set should show simple simply so some something still tell than that the
  their them then there these they thing things this those to too up use used using versus very via vs want wants was way
  we well were what whats when where which while who whole why will with without work works would you your`.split(/\s+/)
);

/* Nearly all text is plain, and is read several times faster as such. */
const PLAIN = /^[\x20-\x7e]*$/;

export function words(text) {
  const low = text.toLowerCase();
  return (PLAIN.test(low) ? low.match(/[a-z0-9]+/g) : low.normalize("NFKD").match(/[\p{L}\p{N}]+/gu)) || [];
}

export const joined = (text) => words(text).join("");

/* Of these words those that tell something, without endings; all of them where none does. */
export function telling(all) {
  const some = all.filter((word) => !SMALL.has(word));
  return (some.length ? some : all).map(stem);
}

/* "tests" is found by "test", "caching" by "cache": endings are cut off alike in texts and queries. */
export function stem(word) {
  if (!stems.has(word)) stems.set(word, cut(word));
  return stems.get(word);
}

const stems = new Map();

function cut(word) {
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
export function nameScore(query, name) {
  if (name === query) return 4000;
  if (query.length > 1 && name.startsWith(query)) return 800 + (1200 * query.length) / name.length;
  if (query.length < 4) return 0;
  const most = query.length > 5 ? 2 : 1;
  const slips = distance(query, name, most);
  if (slips <= most) return 1500 - 400 * slips;
  if (query.length > 4 && name.length > query.length + 1 && name[0] === query[0]) {
    const begun = distance(query, name.slice(0, query.length), most);
    if (begun <= most) return 700 - 250 * begun;
  }
  return 0;
}
