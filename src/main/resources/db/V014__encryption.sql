-- Whom objects are encrypted to before they are sent: public keys in age's form, one a line; null for nobody.
alter table storage_config add column age_recipients text;
