export * from './App';
export * from './commands';
export * from './focus';
export * from './host';
export { kindOf } from './kinds';
export { LINK_FORMS, copyEntries } from './SelectionBar';
export { describeApproval } from './UseLogin';
