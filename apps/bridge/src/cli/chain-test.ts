import { existsSync } from "node:fs";
import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import type { Place } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Paper, paperOf } from "./format.ts";
import { readJsonFile, usage } from "./json-input.ts";
import { fixtureBeside } from "./promote.ts";

export interface ChainTest {
  readonly definition: JsonObject;
  readonly file: string;
  /** The file of the record; true where it stands beside the chain. */
  readonly fixture: string | true;
  readonly json: boolean | undefined;
}

/** Holds a chain against the record of the calls that it was made of. Exit code 1 where it calls anything else. */
export async function testChain(
  place: Place,
  { definition, file, fixture, json }: ChainTest,
): Promise<number> {
  const { terminal, config } = place;
  const path = fixture === true ? fixtureBeside(file) : fixture;
  if (!existsSync(path)) {
    throw usage(`There is no ${path}: \`trestle promote\` writes it with the chain.`);
  }
  const recorded = await readJsonFile(path, terminal);
  if (!isJsonObject(recorded)) throw usage(`${path} must hold a JSON object.`);
  const asked = { chain: definition, fixture: recorded };
  const answer = await askOperation("chain_test", asked, place, { noServers: true });
  const paper = paperOf(terminal, config.env);
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, paper));
  return answer.passed === true ? EXIT.ok : EXIT.failed;
}

function describe(answer: JsonObject, paper: Paper): string {
  const steps = objectsOf(answer.steps);
  const wrong = steps.filter(({ same }) => same !== true);
  const lines = steps.map((step) => {
    const mark = step.same === true ? paper.paint("green", "ok  ") : paper.paint("red", "DIFF");
    return [
      `${mark} ${text(step.step)}  ${text(step.server)}.${text(step.tool)}`,
      ...why(step),
    ].join("\n");
  });
  const sum =
    wrong.length === 0
      ? `All ${steps.length} steps call what was recorded. Nothing was called.`
      : `${wrong.length} of ${steps.length} steps do not call what was recorded.`;
  return [...lines, "", sum].join("\n");
}

function why({ error, arguments: args, recorded }: JsonObject): string[] {
  if (error !== undefined) return [`       ${text(error)}`];
  if (recorded === undefined) return [];
  return [`       would be ${text(args)}`, `       was      ${text(recorded)}`];
}
