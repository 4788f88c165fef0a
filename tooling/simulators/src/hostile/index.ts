export { type Json, mutated, oddValue, toJson, writeJson } from './json.ts';
export { type PlantedSecret, plantedSecret, secretsIn } from './secrets.ts';
export { hostileName, hostileText, INHERITED_NAMES } from './texts.ts';
export { catalog, lockText, toolArguments, transcriptEntry, transcriptLine } from './transcripts.ts';
