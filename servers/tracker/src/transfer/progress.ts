const EVERY = 1_000;

/** The same lines; tells now and then how many there were. */
export async function* countLines(
  lines: AsyncIterable<string>,
  onProgress: (lines: number) => void,
): AsyncGenerator<string> {
  let count = 0;
  for await (const line of lines) {
    yield line;
    count += 1;
    if (count % EVERY === 0) onProgress(count);
  }
  onProgress(count);
}
