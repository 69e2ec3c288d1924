/** Words that say nothing of what is to be done. */
const EMPTY = new Set(
  "a,an,the,to,of,in,on,for,and,or,with,is,are,be,it,this,that,please,should,must,need,needs,all".split(
    ",",
  ),
);
/** Tasks are the same when their words are, but for one in seven. */
const LEAST_SIMILARITY = 0.85;
const MAX_SUBJECT = 160;

/** A subject as people write it: one line, without marks of Markdown, cut where it is long. */
export function cleanSubject(text: string): string {
  const plain = text
    .replaceAll(/\*\*|~~|`/g, "")
    .replaceAll(/(?<![\p{L}\p{N}])[*_](?=\S)|(?<=\S)[*_](?![\p{L}\p{N}])/gu, "")
    .replaceAll(/\[([^\]]{1,200})\]\([^)]{0,500}\)/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain.length <= MAX_SUBJECT ? plain : `${plain.slice(0, MAX_SUBJECT - 1).trimEnd()}…`;
}

/** The words of a subject without case, endings and order. */
export function subjectTokens(subject: string): ReadonlySet<string> {
  const words = subject.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !EMPTY.has(word)).map(stem);
  return new Set(telling.length > 0 ? telling : words);
}

export function subjectKey(subject: string): string {
  return [...subjectTokens(subject)].toSorted().join(" ");
}

/** Other numbers are another thing, however alike the words are: `shard 3` is not `shard 4`. */
export function isSameSubject(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const common = one.intersection(other).size;
  const all = one.size + other.size - common;
  if (all === 0 || common / all < LEAST_SIMILARITY) return false;
  return [...one.symmetricDifference(other)].every((word) => !/\d/.test(word));
}

/** How much of the first is in the second. */
export function coverage(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return one.size === 0 ? 0 : one.intersection(other).size / one.size;
}

function stem(word: string): string {
  if (word.length < 5 || /\d/.test(word)) return word;
  const short = word.replace(/(.)\1(?:ing|ed)$|(?:ing|ed|es|s)$/, "$1");
  return (short.length < 3 ? word : short).replace(/e$/, "");
}
