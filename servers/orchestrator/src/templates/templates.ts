import { readdirSync, readFileSync } from "node:fs";
import { isTrestleError, nearestName, TrestleError } from "@trestle/protocol";
import { parse } from "yaml";
import type { DefinitionStore } from "../definitions/definition-store.ts";
import { readDefinition } from "../definitions/read.ts";
import { TEMPLATE_FOLDER } from "../template-folder.ts";
import {
  instantiate,
  summaryOf,
  type Template,
  type TemplateSummary,
  template,
} from "./template.ts";

let loaded: ReadonlyMap<string, Template> | undefined;

/** The shipped templates by the ids of their workflows; read at first use. */
function templates(): ReadonlyMap<string, Template> {
  loaded ??= new Map(
    readdirSync(TEMPLATE_FOLDER)
      .filter((name) => name.endsWith(".yaml"))
      .sort()
      .map((name) => {
        const text = readFileSync(new URL(name, TEMPLATE_FOLDER), "utf8");
        const read = template.parse(parse(text));
        return [String(read.workflow.id), read];
      }),
  );
  return loaded;
}

export function listTemplates(): TemplateSummary[] {
  return [...templates().values()].map(summaryOf);
}

/** Throws `not_found`, naming what there is. */
export function findTemplate(id: string): Template {
  const found = templates().get(id);
  if (found !== undefined) return found;
  const known = [...templates().keys()];
  const near = nearestName(id, known);
  const advice = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
  throw new TrestleError("not_found", `There is no template "${id}"; ${advice}`);
}

/** A template can be run as it is shipped: whoever registers a workflow of its id has their own. */
export function withTemplates(store: DefinitionStore): DefinitionStore {
  return {
    ...store,
    async get(id, version) {
      try {
        return await store.get(id, version);
      } catch (error) {
        const shipped = version === undefined ? templates().get(id) : undefined;
        if (shipped === undefined || !isTrestleError(error) || error.code !== "not_found")
          throw error;
        return { definition: readDefinition(instantiate(shipped)), registeredAt: 0 };
      }
    },
  };
}
