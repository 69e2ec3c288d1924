import type { ObjectClass, ObjectClasses, ObjectMethod } from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import { OBJECT_ID, type ObjectRef } from "../protocol.ts";

/** Refuses what can be refused by its name alone: a host asks before it wakes anything. */
export function checkRef(classes: ObjectClasses, ref: ObjectRef): ObjectClass {
  const found = findClass(classes, ref.class);
  if (OBJECT_ID.test(ref.id)) return found;
  throw new ObjectError(
    "invalid_input",
    `${JSON.stringify(ref.id.slice(0, 130))} cannot be the id of an object: 1 to 128 of A-Z a-z 0-9 . _ ~ @ : -, and none of . ~ @ : - first.`,
  );
}

export function findClass(classes: ObjectClasses, name: string): ObjectClass {
  const found = classes.get(name);
  if (found !== undefined) return found;
  const known = [...classes.keys()].sort().join(", ");
  throw new ObjectError(
    "not_found",
    `There is no object class ${JSON.stringify(name.slice(0, 64))}; this host has ${known}.`,
  );
}

/** Only what the class names as its own: nothing inherited can be called. */
export function findMethod({ name, methods }: ObjectClass, method: string): ObjectMethod {
  const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(methods).join(", ");
  throw new ObjectError(
    "not_found",
    `A ${name} has no method ${JSON.stringify(method.slice(0, 64))}; it has ${known}.`,
  );
}

export function notFound({ class: name, id }: ObjectRef): ObjectError {
  return new ObjectError(
    "not_found",
    `There is no ${name} ${JSON.stringify(id)}. Initialize it first.`,
  );
}
