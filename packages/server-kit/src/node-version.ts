// Imports nothing, and is written so that a Node of any age can parse what is built from it.

/** Undefined where the version is new enough, else one sentence that says what to do. */
export function checkNode(version: string, needed: string): string | undefined {
  const have = numbersOf(version);
  const want = numbersOf(needed);
  for (let index = 0; index < want.length; index += 1) {
    const difference = (have[index] || 0) - (want[index] || 0);
    if (difference > 0) return undefined;
    if (difference < 0) {
      return `This program needs Node ${needed} or newer, and this is Node ${version}: install a newer one from https://nodejs.org.`;
    }
  }
  return undefined;
}

function numbersOf(version: string): number[] {
  return version.replace(/^v/, "").split(".").map(Number);
}
