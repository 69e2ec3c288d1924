import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Terminal } from "./terminal.ts";

/** What is said, in whole sentences. */
export interface Question {
  readonly question: string;
  /** Where nobody can be asked. */
  readonly nobody: string;
  readonly no: string;
}

/** Asks a person for a yes. Whatever else is said, Ctrl-C and the end of the input are a no. */
export async function confirm(
  terminal: Terminal,
  { question, nobody, no }: Question,
): Promise<"yes" | "no" | "nobody"> {
  const { input, output } = terminal;
  if (!input.isTTY || !output.isTTY) {
    terminal.warn(nobody);
    return "nobody";
  }
  const questions = createInterface({ input, output });
  try {
    const gone = once(questions, "close").then(() => "");
    const answer = await Promise.race([
      questions.question(`\n${question} [y/N] `).catch(() => ""),
      terminal.stopped.then(() => ""),
      gone,
    ]);
    if (/^y(es)?$/i.test(answer.trim())) return "yes";
    terminal.print(no);
    return "no";
  } finally {
    questions.close();
  }
}
