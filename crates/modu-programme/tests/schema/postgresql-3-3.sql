


SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;


CREATE FUNCTION public.entry_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
         BEGIN RAISE EXCEPTION 'an entry of the history is never changed or deleted'; END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;


CREATE TABLE public.account (
    person bigint NOT NULL,
    login text NOT NULL,
    salt bytea NOT NULL,
    hash bytea NOT NULL
);



CREATE TABLE public.attempt (
    place text NOT NULL,
    failures bigint NOT NULL,
    last bigint NOT NULL
);



CREATE TABLE public.dataset (
    id bigint NOT NULL,
    organisation bigint NOT NULL,
    node bigint NOT NULL,
    name text NOT NULL,
    digest text,
    size bigint NOT NULL,
    is_public bigint NOT NULL
);



CREATE TABLE public.delivery (
    id bigint NOT NULL,
    message text NOT NULL,
    webhook bigint NOT NULL,
    address text NOT NULL,
    body text NOT NULL,
    made bigint NOT NULL,
    due bigint NOT NULL,
    attempts bigint NOT NULL,
    lease_ends bigint,
    state text NOT NULL,
    problem text
);



ALTER TABLE public.delivery ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);



CREATE TABLE public.entry (
    sequence bigint NOT NULL,
    project bigint,
    body bytea NOT NULL,
    CONSTRAINT entry_sequence_check CHECK ((sequence > 0))
);



CREATE TABLE public.follower (
    name text NOT NULL,
    place bigint NOT NULL
);



CREATE TABLE public.job (
    id bigint NOT NULL,
    asked_as text,
    organisation bigint NOT NULL,
    project bigint NOT NULL,
    person bigint NOT NULL,
    node bigint NOT NULL,
    urgency bigint NOT NULL,
    work text NOT NULL,
    state text NOT NULL,
    takings bigint NOT NULL,
    failures bigint NOT NULL,
    due bigint NOT NULL,
    submitted bigint NOT NULL,
    started bigint,
    ended bigint,
    lease_ends bigint,
    worker text,
    called_off bigint NOT NULL,
    stage text,
    done bigint,
    total bigint,
    mark text,
    answer text,
    problem text
);



CREATE TABLE public.link (
    token bytea NOT NULL,
    person bigint NOT NULL,
    ends bigint NOT NULL
);



CREATE TABLE public.mailbox (
    person bigint NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    proof bytea,
    ends bigint
);



CREATE TABLE public.notice (
    id bigint NOT NULL,
    person bigint NOT NULL,
    origin text NOT NULL,
    made bigint NOT NULL,
    note text NOT NULL,
    seen bigint NOT NULL
);



ALTER TABLE public.notice ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);



CREATE TABLE public.once (
    person bigint NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    after bigint NOT NULL,
    at bigint NOT NULL,
    sequence bigint
);



CREATE TABLE public.program_key (
    id bigint NOT NULL,
    token bytea NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL,
    made bigint NOT NULL,
    ends bigint NOT NULL
);



ALTER TABLE public.program_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.program_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);



CREATE TABLE public.schema_version (
    part text NOT NULL,
    version bigint NOT NULL
);



CREATE TABLE public.session (
    token bytea NOT NULL,
    person bigint NOT NULL,
    begun bigint NOT NULL,
    seen bigint NOT NULL
);



CREATE TABLE public.sheet (
    project bigint NOT NULL,
    proposal bigint NOT NULL,
    evaluator bigint NOT NULL,
    body text NOT NULL
);



CREATE TABLE public.solution (
    document text NOT NULL,
    model text NOT NULL
);



CREATE TABLE public.webhook (
    id bigint NOT NULL,
    organisation bigint NOT NULL,
    person bigint NOT NULL,
    address text NOT NULL,
    secret bytea NOT NULL,
    made bigint NOT NULL,
    stopped bigint,
    problem text
);



ALTER TABLE public.webhook ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);



INSERT INTO public.account VALUES (300, 'kim-3', '\xc877da8a2fcf868a754e842e325e5b6e', '\xa541a5503e5769c5060857a66e84579554fee0f6b37a8741d027276b0412902e');



INSERT INTO public.attempt VALUES ('address ::1', 2, 1577836800);
INSERT INTO public.attempt VALUES ('login nobody', 1, 1577836800);



INSERT INTO public.dataset VALUES (1, 3, 0, '자료 2', 'sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7', 4, 1);
INSERT INTO public.dataset VALUES (2, 5, 0, '자료 3', 'sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7', 4, 1);






INSERT INTO public.entry VALUES (1, NULL, '\x7b226174223a22323032362d31312d32325432323a31323a30302e3735313130383036375a222c226279223a2273797374656d222c226576656e74223a7b226576656e74223a226f7267616e69736174696f6e5f72656769737465726564222c226b696e64223a226f70657261746f72222c226e616d65223a22eca084eb8bb4eab8b0eab480227d2c2270726576696f7573223a227368613235363a65336230633434323938666331633134396166626634633839393666623932343237616534316534363439623933346361343935393931623738353262383535222c2273657175656e6365223a317d');
INSERT INTO public.entry VALUES (2, NULL, '\x7b226174223a22323032362d31312d32325432323a31323a30302e3735313130383036375a222c226279223a2273797374656d222c226576656e74223a7b226576656e74223a22706572736f6e5f656e726f6c6c6564222c226e616d65223a22ecb2ab20ec9ab4ec9881ec9e90222c226f7267616e69736174696f6e223a312c22726f6c65223a226f70657261746f72227d2c2270726576696f7573223a227368613235363a30343038613639373332343834333661626566646164393538343330336639623531636666333464656138623731663463333766363766383634663736323364222c2273657175656e6365223a327d');
INSERT INTO public.entry VALUES (3, NULL, '\x7b226174223a22323032362d31312d32335430313a33313a35392e3736333639363234385a222c226279223a2273797374656d222c226576656e74223a7b226576656e74223a226f7267616e69736174696f6e5f72656769737465726564222c226b696e64223a2264656d616e645f6167656e6379222c226e616d65223a22ec8898ec9a94eab8b0eab4802032227d2c2270726576696f7573223a227368613235363a63663131353561636535363139636339636137326638623561383232333630613962646561343165663034313539386536363232353861626665333762663162222c2273657175656e6365223a337d');
INSERT INTO public.entry VALUES (4, 4, '\x7b226174223a22323032362d31312d32335430313a33313a35392e3736333639363234385a222c226279223a2273797374656d222c226576656e74223a7b226167656e6379223a332c226465736372697074696f6e223a22eca48420ed9598eb82985c6e27eca4842720eb9198222c226576656e74223a226e6565645f7075626c6973686564222c226e656564223a227368613235363a62653864666630306230643436386232396438303438383637323962653562343330313633616436323562316236323164393433633266383030303532383161222c227469746c65223a22ec8898ec9a942032227d2c2270726576696f7573223a227368613235363a37383932643635383165636635653730303466373232333935663266336330353433613939393263613565356536613936393736386537303836303833393666222c2273657175656e6365223a347d');
INSERT INTO public.entry VALUES (5, NULL, '\x7b226174223a22323032362d31312d32335430373a34373a35352e3335323137383139315a222c226279223a2273797374656d222c226576656e74223a7b226576656e74223a226f7267616e69736174696f6e5f72656769737465726564222c226b696e64223a2264656d616e645f6167656e6379222c226e616d65223a22ec8898ec9a94eab8b0eab4802033227d2c2270726576696f7573223a227368613235363a61353933386461663231643363656565353265363230343764303036376534383863626462666530313539343635653837616661323865393732303339373433222c2273657175656e6365223a357d');
INSERT INTO public.entry VALUES (6, 6, '\x7b226174223a22323032362d31312d32335430373a34373a35352e3335323137383139315a222c226279223a2273797374656d222c226576656e74223a7b226167656e6379223a352c226465736372697074696f6e223a22eca48420ed9598eb82985c6e27eca4842720eb9198222c226576656e74223a226e6565645f7075626c6973686564222c226e656564223a227368613235363a62653864666630306230643436386232396438303438383637323962653562343330313633616436323562316236323164393433633266383030303532383161222c227469746c65223a22ec8898ec9a942033227d2c2270726576696f7573223a227368613235363a33396239366263323737616665666232646334623034356131313966326165643537393530323062376632316564313030663537663666393562616237383736222c2273657175656e6365223a367d');



INSERT INTO public.follower VALUES ('notices', 4);



INSERT INTO public.job VALUES (1, 'first 2', 3, 4, 2, 0, 1, '{"work":"demonstrate","need":"sha256:be8dff00b0d468b29d804886729be5b430163ad625b1b621d943c2f80005281a","dataset":{"id":1,"organisation":3,"name":"자료 2","digest":"sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7","size":4,"is_public":true,"node":null},"entrants":[{"proposal":3,"document":"sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008","model":"sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"}]}', 'failed', 1, 1, 1795397521763, 1795397519763, 1795397519763, 1795397519763, NULL, 'specimen', 0, NULL, NULL, NULL, NULL, NULL, 'on purpose');
INSERT INTO public.job VALUES (2, 'second 2', 3, 4, 2, 0, 1, '{"work":"demonstrate","need":"sha256:be8dff00b0d468b29d804886729be5b430163ad625b1b621d943c2f80005281a","dataset":{"id":1,"organisation":3,"name":"자료 2","digest":"sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7","size":4,"is_public":true,"node":null},"entrants":[{"proposal":3,"document":"sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008","model":"sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"}]}', 'waiting', 0, 0, 1795397519763, 1795397519763, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.job VALUES (3, 'first 3', 5, 6, 2, 0, 1, '{"work":"demonstrate","need":"sha256:be8dff00b0d468b29d804886729be5b430163ad625b1b621d943c2f80005281a","dataset":{"id":2,"organisation":5,"name":"자료 3","digest":"sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7","size":4,"is_public":true,"node":null},"entrants":[{"proposal":3,"document":"sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008","model":"sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"}]}', 'failed', 1, 1, 1795420077352, 1795420075352, 1795420075352, 1795420075352, NULL, 'specimen', 0, NULL, NULL, NULL, NULL, NULL, 'on purpose');
INSERT INTO public.job VALUES (4, 'second 3', 5, 6, 2, 0, 1, '{"work":"demonstrate","need":"sha256:be8dff00b0d468b29d804886729be5b430163ad625b1b621d943c2f80005281a","dataset":{"id":2,"organisation":5,"name":"자료 3","digest":"sha256:3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7","size":4,"is_public":true,"node":null},"entrants":[{"proposal":3,"document":"sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008","model":"sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"}]}', 'waiting', 0, 0, 1795420075352, 1795420075352, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);



INSERT INTO public.link VALUES ('\x388d187523286013af13623fb118c3fafa9e2151e169cb923d406f64c3a1343d', 300, 1578441600);









INSERT INTO public.once VALUES (300, 'key', '\x2f2fc7f2e9ce13b09b84f63d54d0b4a59f4dbd46aea41da67023817e2d0c5e59', 1, 1577836800, NULL);



INSERT INTO public.program_key OVERRIDING SYSTEM VALUE VALUES (1, '\xb262d964038356fc37b372a56822fe93905be45e43abc7137629a32979133191', 300, '열쇠 3', 1577836800, 1585612800);



INSERT INTO public.schema_version VALUES ('programme', 3);
INSERT INTO public.schema_version VALUES ('accounts', 3);



INSERT INTO public.session VALUES ('\x3ff5e89223bb85bbd60899c078fc1de80e7a8c95b226b138f0e6ed3ad845133d', 300, 1577836860, 1577836860);



INSERT INTO public.sheet VALUES (4, 5, 300, '{"points":[30,22,11,11],"comment":"''좋다''","nonce":"1111111111111111111111111111111111111111111111111111111111111111"}');



INSERT INTO public.solution VALUES ('sha256:43cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e24008', 'sha256:9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4');






SELECT pg_catalog.setval('public.delivery_id_seq', 1, false);



SELECT pg_catalog.setval('public.notice_id_seq', 1, false);



SELECT pg_catalog.setval('public.program_key_id_seq', 1, true);



SELECT pg_catalog.setval('public.webhook_id_seq', 1, false);



ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_login_key UNIQUE (login);



ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (person);



ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (place);



ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT dataset_organisation_node_name_key UNIQUE (organisation, node, name);



ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT dataset_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_message_key UNIQUE (message);



ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (sequence);



ALTER TABLE ONLY public.follower
    ADD CONSTRAINT follower_pkey PRIMARY KEY (name);



ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_asked_as_key UNIQUE (asked_as);



ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (token);



ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT mailbox_pkey PRIMARY KEY (person);



ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_person_origin_key UNIQUE (person, origin);



ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (person, key);



ALTER TABLE ONLY public.program_key
    ADD CONSTRAINT program_key_pkey PRIMARY KEY (id);



ALTER TABLE ONLY public.program_key
    ADD CONSTRAINT program_key_token_key UNIQUE (token);



ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (part);



ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token);



ALTER TABLE ONLY public.sheet
    ADD CONSTRAINT sheet_pkey PRIMARY KEY (project, proposal, evaluator);



ALTER TABLE ONLY public.solution
    ADD CONSTRAINT solution_pkey PRIMARY KEY (document);



ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);



CREATE INDEX delivery_by_webhook ON public.delivery USING btree (webhook, id);



CREATE INDEX delivery_due ON public.delivery USING btree (state, due);



CREATE INDEX entry_of_project ON public.entry USING btree (project, sequence) WHERE (project IS NOT NULL);



CREATE INDEX job_by_organisation ON public.job USING btree (organisation, started);



CREATE INDEX job_by_project ON public.job USING btree (project, id);



CREATE INDEX job_by_state ON public.job USING btree (state, node, organisation);



CREATE INDEX notice_by_person ON public.notice USING btree (person, id);



CREATE INDEX notice_unread ON public.notice USING btree (person, id) WHERE (seen = 0);



CREATE INDEX webhook_by_organisation ON public.webhook USING btree (organisation, id);



CREATE TRIGGER entries_are_never_emptied BEFORE TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION public.entry_stays();



CREATE TRIGGER entry_is_never_changed BEFORE DELETE OR UPDATE ON public.entry FOR EACH ROW EXECUTE FUNCTION public.entry_stays();



