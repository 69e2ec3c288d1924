/** Lines without their ends, however the text was cut. Numbered from 1. */
export async function* linesOf(
  text: AsyncIterable<string>,
): AsyncGenerator<{ readonly line: string; readonly number: number }> {
  let rest = "";
  let number = 0;
  for await (const part of text) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      yield { line: line.endsWith("\r") ? line.slice(0, -1) : line, number };
    }
  }
  if (rest !== "") yield { line: rest, number: number + 1 };
}
