/** Whatever a reader would not see, or that would change what is seen around it. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u115F\u1160\u17B4\u17B5\u2028\u2029\u2800\u3164\uFFA0\p{Variation_Selector}]|\u034F/gu;

/** The text with every such character written as `\u{e0041}`: safe on a terminal, and nothing is hidden. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
