const secretNames =
  /(?:authorization|password|passwd|passphrase|secret|token|apikey|accesskey|privatekey|secretkey|credentials?|cookie|connectionstring|databaseurl)$/;
/** Ends like a secret, and is none. */
const harmlessNames = new Set(["progresstoken"]);

/** Does a field of this name hold a secret, whatever is in it? */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  return secretNames.test(plain) && !harmlessNames.has(plain);
}
