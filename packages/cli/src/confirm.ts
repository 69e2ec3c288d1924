import { createInterface } from "node:readline/promises";
import { TrestleError } from "@trestle/protocol";
import type { CliProcess, Terminal } from "./terminal.ts";

export interface Asking {
  readonly process: CliProcess;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/**
 * Asks a person for a yes; whatever else is said is a no.
 *
 * @param yes said in advance, with `--yes`
 * @throws TrestleError `denied` where nobody can be asked
 */
export async function confirm(
  question: string,
  yes: boolean | undefined,
  { process, terminal, signal }: Asking,
): Promise<boolean> {
  if (yes === true) return true;
  const { stdin: input, stdout: output } = process;
  if (input.isTTY !== true || output.isTTY !== true)
    throw new TrestleError("denied", `${question} Nobody can be asked here: say so with --yes.`);
  const questions = createInterface({ input, output });
  try {
    const answer = await questions.question(`${question} [y/N] `, { signal }).catch(() => "");
    if (/^y(es)?$/i.test(answer.trim())) return true;
    terminal.print("Nothing was done.");
    return false;
  } finally {
    questions.close();
  }
}
