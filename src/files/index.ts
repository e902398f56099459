export * from './contents';
export * from './dropped';
export * from './geojson';
export * from './intake';
export * from './target';
