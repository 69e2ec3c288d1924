/** A schema that takes every value as it is: where the SDK wants one, and the value must stay untouched. */
export const passSchema = {
  "~standard": {
    version: 1 as const,
    vendor: "trestle",
    validate: (value: unknown) => ({ value }),
  },
};
