export { type HostileAnswer, hostileAnswer } from './answers.ts';
export { dotEnvText, hostileValue, labelsJson, languageJson, openclawText, rulesJson } from './configuration.ts';
export { FRAME_KEY, type HostileFrame, hostileFrame, hostileHistory, hostileRow } from './frames.ts';
export { type Json, mutated, oddValue, toJson, writeJson } from './json.ts';
export { hostileRequest } from './requests.ts';
export { type PlantedSecret, plantedSecret, secretsIn } from './secrets.ts';
export { hostileName, hostileText, INHERITED_NAMES } from './texts.ts';
export { catalog, lockText, toolArguments, transcriptEntry, transcriptLine } from './transcripts.ts';
