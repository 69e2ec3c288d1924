/** The templates that this package ships: beside `src`, and beside `dist`. */
export const TEMPLATE_FOLDER = new URL("../templates/", import.meta.url);
