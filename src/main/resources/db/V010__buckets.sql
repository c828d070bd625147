-- Buckets in a cloud: where they are, how keys are made, and what works but should be known.

alter table storage_config
  -- the client's, or what the store said when it was asked; null where the storage has none
  add column region       text,
  -- an S3-compatible store's, or a private way to Google's
  add column endpoint     text,
  -- null is the service's own
  add column key_template text,
  -- what a successful test found to be missing all the same, as a sentence
  add column note         text;
