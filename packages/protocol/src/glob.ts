/**
 * Does the text fit the pattern, in which `*` stands for any run of characters, none included? All
 * else stands for itself, code unit by code unit: no folding of case, no Unicode normalising. The time
 * is bounded by the product of both lengths, whatever the pattern.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let read = 0;
  let star = -1;
  let retry = 0;
  while (read < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      retry = read;
    } else if (pattern[at] === text[read]) {
      at += 1;
      read += 1;
    } else if (star !== -1) {
      at = star + 1;
      read = ++retry;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
