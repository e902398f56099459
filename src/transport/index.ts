export * from './client';
export * from './digest';
export * from './error';
export * from './operations';
export * from './outage';
export * from './transport';
export * from './types';
