type Ending = () => unknown;

const endings = { test: new Set<Ending>(), file: new Set<Ending>() };

/**
 * For helpers that keep what tests open: ends it after each test, as `afterEach` does in a test file. A helper is loaded once
 * for all files that share a process, and a hook of its own would hold for the first of them alone.
 */
export function afterEveryTest(end: Ending): void {
  endings.test.add(end);
}

/** As `afterEveryTest`, after each file. */
export function afterEveryFile(end: Ending): void {
  endings.file.add(end);
}

/** Runs what was given; called by what is set up for each file. */
export async function runEndings(of: keyof typeof endings): Promise<void> {
  for (const end of endings[of]) await end();
}
