export { explainMattermostProblem, type MattermostProblem } from './mattermost-problem.ts';
export {
  type AccountProblem,
  defaultAccount,
  findPostingAccount,
  type PostingAccount,
  postingAccounts,
  type UnusableAccount,
} from './posting-accounts.ts';
export {
  describeSettings,
  errorsOf,
  type Origin,
  type RawSetting,
  readSettings,
  type Settings,
  type SettingsContext,
  type SettingsReading,
} from './settings.ts';
export { SETTINGS, type Setting, type VariableName } from './table.ts';
