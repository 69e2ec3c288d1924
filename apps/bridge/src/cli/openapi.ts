import type { Cli } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { withExamples, withJson } from "./options.ts";

/** The document of the REST API, without a bridge that runs: for whoever makes a client of it. */
export function addOpenApi(cli: Cli): void {
  const { program, parts } = cli;
  const command = program
    .command("openapi")
    .description("print the OpenAPI document of the REST API, and of the feed of events");
  withJson(withExamples(command, ["trestle openapi > openapi.json"])).action(async () => {
    const { openApiDocument } = await import("../inbound/rest/openapi/document.ts");
    parts.print(JSON.stringify(await openApiDocument(parts.version), null, 2));
    parts.setExitCode(EXIT.ok);
  });
}
