const MAX_LINES = 50;
const MAX_CHARACTERS = 16 * 1024;

/** The last lines of a text stream, within bounds. */
export interface Tail {
  push(chunk: string): void;
  lines(): string[];
}

export function createTail(): Tail {
  let text = "";
  return {
    push(chunk) {
      text = (text + chunk).slice(-MAX_CHARACTERS);
    },
    lines() {
      const lines = text.split(/\r?\n/);
      if (lines.at(-1) === "") lines.pop();
      return lines.slice(-MAX_LINES);
    },
  };
}
