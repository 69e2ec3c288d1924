import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { readDefinition } from "../definitions/read.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { warningsOf } from "../definitions/warnings.ts";
import { binding, instantiate } from "../templates/template.ts";
import { findTemplate, listTemplates } from "../templates/templates.ts";
import {
  type JsonOption,
  type OrchestratorCli,
  type Place,
  printJson,
  readObject,
  readSource,
} from "./place.ts";

/** The commands for workflows and templates. */
export function addWorkflows({ program, runs }: OrchestratorCli): void {
  const workflows = program.command("workflows").description("list, register and draw workflows");
  workflows
    .command("list")
    .description("list registered workflows")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  workflows
    .command("show")
    .description("print a workflow as JSON")
    .argument("<id>")
    .argument("[version]")
    .action(runs(show));
  workflows
    .command("register")
    .description("check a workflow and keep it")
    .argument("<file>", "JSON or YAML; - reads stdin")
    .option("--json", "print the answer as JSON")
    .action(runs(register));
  workflows
    .command("render")
    .description("draw a workflow or an execution, as Mermaid")
    .argument("<id>", "of a workflow, a template or an execution")
    .option("--svg", "as SVG")
    .option("--json", "print the answer as JSON")
    .action(runs(render));
  workflows
    .command("delete")
    .description("take a workflow away")
    .argument("<id>")
    .action(runs(remove));
  const templates = program
    .command("templates")
    .description("list templates and make workflows of them");
  templates
    .command("list")
    .description("list templates with the servers that they name")
    .option("--json", "print the answer as JSON")
    .action(runs(showTemplates));
  templates
    .command("register")
    .description("register a workflow of a template")
    .argument("<template>")
    .option("--id <id>", "another id than the template's")
    .option("--bind <json>", `other servers: '{"database":"my-postgres"}', or @file`)
    .option("--json", "print the answer as JSON")
    .action(runs(registerTemplate));
}

async function list(place: Place, { json }: JsonOption): Promise<number> {
  const all = await place.workflows.workflows();
  if (json) printJson(place, all);
  else if (all.length === 0) place.terminal.print("No workflow is registered; see templates list.");
  else
    place.terminal.print(
      table(
        ["id", "version", "steps", "name", "registered"],
        all.map(({ id, version, steps, name, registeredAt }) => [
          ...[id, version, steps, name ?? "", registeredAt],
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

async function show(place: Place, id: string, version: string | undefined): Promise<number> {
  printJson(place, await place.workflows.workflow(id, version));
  return EXIT.ok;
}

async function register(place: Place, file: string, { json }: JsonOption): Promise<number> {
  return keep(place, await readSource(place, file), json);
}

async function keep(place: Place, definition: unknown, json: boolean | undefined): Promise<number> {
  const summary = await place.workflows.register(definition);
  const warnings = warningsOf(toPlan(readDefinition(definition)));
  if (json) printJson(place, { ...summary, warnings });
  else place.terminal.print(`${summary.id}, version ${summary.version}, ${summary.steps} steps`);
  for (const warning of warnings) place.terminal.warn(warning);
  return EXIT.ok;
}

async function render(
  place: Place,
  id: string,
  { svg, json }: JsonOption & { readonly svg?: boolean },
): Promise<number> {
  const format = svg ? "svg" : "mermaid";
  const { workflows, caller } = place;
  const isRun = await workflows.execution(id, caller).then(
    () => true,
    () => false,
  );
  const what = isRun ? { executionId: id } : { id };
  const drawing = await workflows.render({ ...what, format }, caller);
  if (json) printJson(place, drawing);
  else place.terminal.print(drawing.drawing.trimEnd());
  if (drawing.notice !== undefined) place.terminal.warn(drawing.notice);
  return EXIT.ok;
}

async function remove({ workflows, terminal }: Place, id: string): Promise<number> {
  const wasThere = await workflows.unregister(id);
  terminal.print(wasThere ? `${id} is deleted.` : `There is no workflow "${id}".`);
  return wasThere ? EXIT.ok : EXIT.failed;
}

async function showTemplates(place: Place, { json }: JsonOption): Promise<number> {
  const all = listTemplates();
  if (json) printJson(place, all);
  else
    place.terminal.print(
      table(
        ["template", "servers", "what it does"],
        all.map(({ id, description, bindings }) => [
          id,
          Object.entries(bindings)
            .map(([role, { server }]) => (role === server ? role : `${role}=${server}`))
            .join(" "),
          description,
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

async function registerTemplate(
  place: Place,
  template: string,
  { id, bind, json }: JsonOption & { readonly id?: string; readonly bind?: string },
): Promise<number> {
  const given = await readObject(place, bind, "--bind");
  const bindings = Object.fromEntries(
    Object.entries(given).map(([role, each]) => [role, binding.parse(each)]),
  );
  const facts = id === undefined ? {} : { id };
  return keep(place, instantiate(findTemplate(template), bindings, facts), json);
}
