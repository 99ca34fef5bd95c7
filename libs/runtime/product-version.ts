/** The version of this release, as package.json has it: told by the API and by the metrics of each app. */
export const productVersion = '0.1.0';
