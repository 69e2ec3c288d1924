import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, TrestleError } from "@trestle/protocol";
import { builtInClasses } from "../classes/built-in.ts";
import {
  defineObjectClass,
  type ObjectClass,
  type ObjectClasses,
  toClasses,
} from "../object-class.ts";

/**
 * The built-in classes, and those of the modules that the operator named. A module exports `classes`, a list of what
 * `defineObjectClass` made. Throws `invalid_config` naming the module.
 */
export async function loadClasses(modules: readonly string[]): Promise<ObjectClasses> {
  const own = await Promise.all(modules.map(loadModule));
  try {
    return toClasses([...builtInClasses, ...own.flat()]);
  } catch (error) {
    throw new TrestleError("invalid_config", `OBJECTS_CLASSES: ${messageOf(error)}`);
  }
}

async function loadModule(path: string): Promise<readonly ObjectClass[]> {
  const refuse = (why: string) =>
    new TrestleError("invalid_config", `OBJECTS_CLASSES names ${path}, and ${why}.`);
  if (!isAbsolute(path)) throw refuse("that is no absolute path");
  try {
    const { classes } = (await import(pathToFileURL(path).href)) as { classes?: unknown };
    if (Array.isArray(classes)) return (classes as ObjectClass[]).map(defineObjectClass);
  } catch (error) {
    throw refuse(`it cannot be loaded: ${messageOf(error)}`);
  }
  throw refuse("it exports no list `classes`");
}
