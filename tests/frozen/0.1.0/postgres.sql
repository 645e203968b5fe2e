--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

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

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id integer NOT NULL,
    name character varying(80) NOT NULL,
    role character varying(16) NOT NULL,
    password_hash text,
    created_at timestamp without time zone NOT NULL,
    disabled_at timestamp without time zone
);


--
-- Name: account_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.account_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: account_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.account_id_seq OWNED BY public.account.id;


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: answer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.answer (
    id integer NOT NULL,
    case_id integer NOT NULL,
    reader character varying(80) NOT NULL,
    session integer NOT NULL,
    label text NOT NULL,
    method text,
    control text,
    item text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    repeat_of character varying(80)
);


--
-- Name: answer_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.answer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: answer_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.answer_id_seq OWNED BY public.answer.id;


--
-- Name: failed_sign_in; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.failed_sign_in (
    id integer NOT NULL,
    name character varying(80) NOT NULL,
    at timestamp without time zone NOT NULL
);


--
-- Name: failed_sign_in_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.failed_sign_in_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: failed_sign_in_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.failed_sign_in_id_seq OWNED BY public.failed_sign_in.id;


--
-- Name: reader_answer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reader_answer (
    study_id integer NOT NULL,
    reader character varying(80) NOT NULL,
    item character varying(80) NOT NULL,
    number integer NOT NULL,
    wording integer NOT NULL,
    value text NOT NULL,
    changed_at timestamp without time zone NOT NULL
);


--
-- Name: reading; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reading (
    id integer NOT NULL,
    study_id integer NOT NULL,
    case_id integer NOT NULL,
    reader character varying(80) NOT NULL,
    session integer NOT NULL,
    place integer NOT NULL,
    case_order integer NOT NULL,
    label text NOT NULL,
    panels text NOT NULL,
    arm character varying(16) NOT NULL,
    warm_up boolean NOT NULL,
    repeat boolean NOT NULL
);


--
-- Name: reading_event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reading_event (
    id integer NOT NULL,
    reading_id integer NOT NULL,
    kind character varying(16) NOT NULL,
    step integer,
    at timestamp without time zone NOT NULL,
    active_seconds double precision NOT NULL
);


--
-- Name: reading_event_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.reading_event_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: reading_event_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.reading_event_id_seq OWNED BY public.reading_event.id;


--
-- Name: reading_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.reading_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: reading_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.reading_id_seq OWNED BY public.reading.id;


--
-- Name: revision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revision (
    answer_id integer NOT NULL,
    number integer NOT NULL,
    value text NOT NULL,
    changed_at timestamp without time zone NOT NULL,
    active_seconds double precision NOT NULL,
    model text NOT NULL,
    model_sha256 character varying(64),
    probability double precision,
    blinded boolean NOT NULL,
    case_order integer NOT NULL,
    warm_up boolean NOT NULL,
    method_name_shown text,
    panel_position integer,
    heatmap_sha256 character varying(64),
    opacity double precision,
    normalisation text,
    wording integer DEFAULT 1 NOT NULL,
    window_centre double precision,
    window_width double precision,
    zoom double precision,
    threshold double precision
);


--
-- Name: sign_in; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sign_in (
    token_sha256 character varying(64) NOT NULL,
    account_id integer NOT NULL,
    created_at timestamp without time zone NOT NULL,
    expires_at timestamp without time zone NOT NULL
);


--
-- Name: study; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.study (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    title text NOT NULL,
    about text NOT NULL,
    model text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    plan text,
    closed_at timestamp without time zone
);


--
-- Name: study_case; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.study_case (
    id integer NOT NULL,
    study_id integer NOT NULL,
    name character varying(80) NOT NULL,
    image_sha256 character varying(64) NOT NULL,
    "position" integer NOT NULL
);


--
-- Name: study_case_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.study_case_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: study_case_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.study_case_id_seq OWNED BY public.study_case.id;


--
-- Name: study_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: study_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.study_id_seq OWNED BY public.study.id;


--
-- Name: wording; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.wording (
    study_id integer NOT NULL,
    version integer NOT NULL,
    content text NOT NULL,
    created_at timestamp without time zone NOT NULL
);


--
-- Name: account id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account ALTER COLUMN id SET DEFAULT nextval('public.account_id_seq'::regclass);


--
-- Name: answer id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.answer ALTER COLUMN id SET DEFAULT nextval('public.answer_id_seq'::regclass);


--
-- Name: failed_sign_in id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.failed_sign_in ALTER COLUMN id SET DEFAULT nextval('public.failed_sign_in_id_seq'::regclass);


--
-- Name: reading id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading ALTER COLUMN id SET DEFAULT nextval('public.reading_id_seq'::regclass);


--
-- Name: reading_event id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading_event ALTER COLUMN id SET DEFAULT nextval('public.reading_event_id_seq'::regclass);


--
-- Name: study id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study ALTER COLUMN id SET DEFAULT nextval('public.study_id_seq'::regclass);


--
-- Name: study_case id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case ALTER COLUMN id SET DEFAULT nextval('public.study_case_id_seq'::regclass);


--
-- Data for Name: account; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.account VALUES (1, 'Coordinator', 'coordinator', '$argon2id$v=19$m=65536,t=3,p=4$rBHULB4xLYArji2VZgR1GA$Sz9PTJoAncGYuUzvGq011UPTCMUnB8h/W/8nTRSBlZ8', '2026-11-28 15:14:19.476065', NULL);
INSERT INTO public.account VALUES (2, 'Ada', 'reader', '$argon2id$v=19$m=65536,t=3,p=4$DOQb0IoiRF/PvKB0MEdeRA$Wq1OODiPlTnRDryZ1doDKSVCesHfxr8fTcX5JC+4Zj8', '2026-11-28 15:14:19.575815', NULL);
INSERT INTO public.account VALUES (3, 'Left', 'reader', '$argon2id$v=19$m=65536,t=3,p=4$UN6vlrZg6t8+IV6LG/RCFg$aj8OU8eLJvmQAKdMez5MXm5zm1sZlFL10soL7rFJ5Js', '2026-11-28 15:14:19.677793', '2026-11-28 15:14:19.679537');


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0002');


--
-- Data for Name: answer; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.answer VALUES (1, 1, 'Reader 1', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:17.695338', NULL);
INSERT INTO public.answer VALUES (2, 1, 'Reader 1', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:17.712905', NULL);
INSERT INTO public.answer VALUES (3, 6, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:17.736051', NULL);
INSERT INTO public.answer VALUES (4, 6, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:17.752469', NULL);
INSERT INTO public.answer VALUES (5, 6, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:17.770574', NULL);
INSERT INTO public.answer VALUES (6, 6, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:17.779935', NULL);
INSERT INTO public.answer VALUES (7, 6, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:17.798459', NULL);
INSERT INTO public.answer VALUES (8, 6, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:17.809539', NULL);
INSERT INTO public.answer VALUES (9, 6, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:17.818654', NULL);
INSERT INTO public.answer VALUES (10, 6, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:17.837104', NULL);
INSERT INTO public.answer VALUES (11, 6, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:17.846576', NULL);
INSERT INTO public.answer VALUES (12, 8, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:17.858603', NULL);
INSERT INTO public.answer VALUES (13, 8, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:17.868298', NULL);
INSERT INTO public.answer VALUES (14, 8, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:17.882391', NULL);
INSERT INTO public.answer VALUES (15, 8, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:17.891878', NULL);
INSERT INTO public.answer VALUES (16, 8, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:17.911021', NULL);
INSERT INTO public.answer VALUES (17, 8, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:17.921593', NULL);
INSERT INTO public.answer VALUES (18, 8, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:17.930667', NULL);
INSERT INTO public.answer VALUES (19, 8, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:17.948987', NULL);
INSERT INTO public.answer VALUES (20, 8, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:17.957969', NULL);
INSERT INTO public.answer VALUES (21, 7, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:17.969171', NULL);
INSERT INTO public.answer VALUES (22, 7, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:17.97876', NULL);
INSERT INTO public.answer VALUES (23, 7, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:17.992256', NULL);
INSERT INTO public.answer VALUES (24, 7, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.001465', NULL);
INSERT INTO public.answer VALUES (25, 7, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.020054', NULL);
INSERT INTO public.answer VALUES (26, 7, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.030335', NULL);
INSERT INTO public.answer VALUES (27, 7, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.039245', NULL);
INSERT INTO public.answer VALUES (28, 7, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.057072', NULL);
INSERT INTO public.answer VALUES (29, 7, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.066203', NULL);
INSERT INTO public.answer VALUES (30, 5, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.077129', NULL);
INSERT INTO public.answer VALUES (31, 5, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.086202', NULL);
INSERT INTO public.answer VALUES (32, 5, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.099958', NULL);
INSERT INTO public.answer VALUES (33, 5, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.109379', NULL);
INSERT INTO public.answer VALUES (34, 5, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.128483', NULL);
INSERT INTO public.answer VALUES (35, 5, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.139448', NULL);
INSERT INTO public.answer VALUES (36, 5, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.150023', NULL);
INSERT INTO public.answer VALUES (37, 5, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.168121', NULL);
INSERT INTO public.answer VALUES (38, 5, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.176921', NULL);
INSERT INTO public.answer VALUES (39, 7, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.194816', NULL);
INSERT INTO public.answer VALUES (40, 7, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.205399', NULL);
INSERT INTO public.answer VALUES (41, 7, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.22073', NULL);
INSERT INTO public.answer VALUES (42, 7, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.229805', NULL);
INSERT INTO public.answer VALUES (43, 7, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.252285', NULL);
INSERT INTO public.answer VALUES (44, 7, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.262463', NULL);
INSERT INTO public.answer VALUES (45, 7, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.272735', NULL);
INSERT INTO public.answer VALUES (46, 7, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.294419', NULL);
INSERT INTO public.answer VALUES (47, 7, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.306678', NULL);
INSERT INTO public.answer VALUES (48, 8, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.318508', NULL);
INSERT INTO public.answer VALUES (49, 8, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.327843', NULL);
INSERT INTO public.answer VALUES (50, 8, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.341146', NULL);
INSERT INTO public.answer VALUES (51, 8, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.350137', NULL);
INSERT INTO public.answer VALUES (52, 8, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.369856', NULL);
INSERT INTO public.answer VALUES (53, 8, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.378852', NULL);
INSERT INTO public.answer VALUES (54, 8, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.387893', NULL);
INSERT INTO public.answer VALUES (55, 8, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.405894', NULL);
INSERT INTO public.answer VALUES (56, 8, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.414921', NULL);
INSERT INTO public.answer VALUES (57, 6, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.425454', NULL);
INSERT INTO public.answer VALUES (58, 6, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.433786', NULL);
INSERT INTO public.answer VALUES (59, 6, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.446231', NULL);
INSERT INTO public.answer VALUES (60, 6, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.454754', NULL);
INSERT INTO public.answer VALUES (61, 6, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.474621', NULL);
INSERT INTO public.answer VALUES (62, 6, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.483943', NULL);
INSERT INTO public.answer VALUES (63, 6, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.492995', NULL);
INSERT INTO public.answer VALUES (64, 6, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.511611', NULL);
INSERT INTO public.answer VALUES (65, 6, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.520976', NULL);
INSERT INTO public.answer VALUES (66, 5, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.532622', NULL);
INSERT INTO public.answer VALUES (67, 5, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.542734', NULL);
INSERT INTO public.answer VALUES (68, 5, 'Bo', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.55887', NULL);
INSERT INTO public.answer VALUES (69, 5, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.570366', NULL);
INSERT INTO public.answer VALUES (70, 5, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.591056', NULL);
INSERT INTO public.answer VALUES (71, 5, 'Bo', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.600259', NULL);
INSERT INTO public.answer VALUES (72, 5, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.609349', NULL);
INSERT INTO public.answer VALUES (73, 5, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.627679', NULL);
INSERT INTO public.answer VALUES (74, 5, 'Bo', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.636805', NULL);
INSERT INTO public.answer VALUES (75, 12, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.656008', NULL);
INSERT INTO public.answer VALUES (76, 12, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.666118', NULL);
INSERT INTO public.answer VALUES (77, 12, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.679915', NULL);
INSERT INTO public.answer VALUES (78, 12, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.689471', NULL);
INSERT INTO public.answer VALUES (79, 12, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:18.709657', NULL);
INSERT INTO public.answer VALUES (80, 12, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:18.718503', NULL);
INSERT INTO public.answer VALUES (81, 12, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:18.727907', NULL);
INSERT INTO public.answer VALUES (82, 12, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:18.747821', NULL);
INSERT INTO public.answer VALUES (83, 12, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:18.757235', NULL);
INSERT INTO public.answer VALUES (84, 11, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:18.767845', NULL);
INSERT INTO public.answer VALUES (85, 11, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:18.777246', NULL);
INSERT INTO public.answer VALUES (86, 11, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'agreement', '2026-11-28 15:14:18.791062', NULL);
INSERT INTO public.answer VALUES (87, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'location', '2026-11-28 15:14:18.802572', NULL);
INSERT INTO public.answer VALUES (88, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'failure_tags', '2026-11-28 15:14:19.091905', NULL);
INSERT INTO public.answer VALUES (89, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', NULL, 'comment', '2026-11-28 15:14:19.102303', NULL);
INSERT INTO public.answer VALUES (90, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', 'random_model', 'location', '2026-11-28 15:14:19.113445', NULL);
INSERT INTO public.answer VALUES (91, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', 'random_model', 'failure_tags', '2026-11-28 15:14:19.13935', NULL);
INSERT INTO public.answer VALUES (92, 11, 'Ada', 1, 'Pleural Effusion', 'grad_cam', 'random_model', 'comment', '2026-11-28 15:14:19.149838', NULL);
INSERT INTO public.answer VALUES (93, 11, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:19.16083', NULL);
INSERT INTO public.answer VALUES (94, 11, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'failure_tags', '2026-11-28 15:14:19.182253', NULL);
INSERT INTO public.answer VALUES (95, 11, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:19.19226', NULL);
INSERT INTO public.answer VALUES (96, 9, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'present', '2026-11-28 15:14:19.204676', NULL);
INSERT INTO public.answer VALUES (97, 9, 'Ada', 1, 'Pleural Effusion', NULL, NULL, 'point', '2026-11-28 15:14:19.214435', NULL);
INSERT INTO public.answer VALUES (98, 9, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'location', '2026-11-28 15:14:19.233511', NULL);
INSERT INTO public.answer VALUES (99, 9, 'Ada', 1, 'Pleural Effusion', 'lrp', NULL, 'comment', '2026-11-28 15:14:19.243539', NULL);


--
-- Data for Name: failed_sign_in; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: reader_answer; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reader_answer VALUES (3, 'Ada', 'years', 1, 1, '7.0', '2026-11-28 15:14:17.728348');
INSERT INTO public.reader_answer VALUES (3, 'Ada', 'years', 2, 1, '8.0', '2026-11-28 15:14:18.187368');
INSERT INTO public.reader_answer VALUES (3, 'Ada', 'useful', 1, 1, '"yes"', '2026-11-28 15:14:18.187428');
INSERT INTO public.reader_answer VALUES (3, 'Bo', 'years', 1, 1, '7.0', '2026-11-28 15:14:18.189607');
INSERT INTO public.reader_answer VALUES (3, 'Bo', 'years', 2, 1, '8.0', '2026-11-28 15:14:18.647441');
INSERT INTO public.reader_answer VALUES (3, 'Bo', 'useful', 1, 1, '"yes"', '2026-11-28 15:14:18.647503');
INSERT INTO public.reader_answer VALUES (4, 'Ada', 'years', 1, 1, '12.0', '2026-11-28 15:14:18.65122');


--
-- Data for Name: reading; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reading VALUES (1, 3, 6, 'Ada', 1, 1, 1, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (2, 3, 8, 'Ada', 1, 2, 2, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (3, 3, 7, 'Ada', 1, 3, 3, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (4, 3, 5, 'Ada', 1, 4, 4, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (5, 3, 7, 'Bo', 1, 1, 1, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (6, 3, 8, 'Bo', 1, 2, 2, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (7, 3, 6, 'Bo', 1, 3, 3, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (8, 3, 5, 'Bo', 1, 4, 4, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (9, 4, 12, 'Ada', 1, 1, 1, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', true, false);
INSERT INTO public.reading VALUES (10, 4, 11, 'Ada', 1, 2, 2, 'Pleural Effusion', '[["grad_cam", null], ["grad_cam", "random_model"], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (11, 4, 9, 'Ada', 1, 3, 3, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null], ["lrp", "other_patient"]]', 'with', false, false);
INSERT INTO public.reading VALUES (12, 4, 11, 'Ada', 1, 4, 4, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, true);
INSERT INTO public.reading VALUES (13, 4, 10, 'Ada', 1, 5, 5, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (14, 4, 12, 'Ada', 2, 1, 1, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', true, false);
INSERT INTO public.reading VALUES (15, 4, 10, 'Ada', 2, 2, 2, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (16, 4, 9, 'Ada', 2, 3, 3, 'Pleural Effusion', '[["lrp", null], ["grad_cam", "random_model"], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (17, 4, 11, 'Ada', 2, 4, 4, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null], ["lrp", "other_patient"]]', 'with', false, false);
INSERT INTO public.reading VALUES (18, 4, 10, 'Ada', 2, 5, 5, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, true);
INSERT INTO public.reading VALUES (19, 4, 12, 'Bo', 1, 1, 1, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', true, false);
INSERT INTO public.reading VALUES (20, 4, 10, 'Bo', 1, 2, 2, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (21, 4, 9, 'Bo', 1, 3, 3, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (22, 4, 11, 'Bo', 1, 4, 4, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null], ["grad_cam", "random_model"]]', 'with', false, false);
INSERT INTO public.reading VALUES (23, 4, 9, 'Bo', 1, 5, 5, 'Pleural Effusion', '[["grad_cam", null], ["lrp", "other_patient"], ["lrp", null]]', 'with', false, true);
INSERT INTO public.reading VALUES (24, 4, 12, 'Bo', 2, 1, 1, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', true, false);
INSERT INTO public.reading VALUES (25, 4, 9, 'Bo', 2, 2, 2, 'Pleural Effusion', '[["lrp", null], ["grad_cam", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (26, 4, 10, 'Bo', 2, 3, 3, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null]]', 'with', false, false);
INSERT INTO public.reading VALUES (27, 4, 9, 'Bo', 2, 4, 4, 'Pleural Effusion', '[["grad_cam", null], ["lrp", "random_model"], ["lrp", null]]', 'with', false, true);
INSERT INTO public.reading VALUES (28, 4, 11, 'Bo', 2, 5, 5, 'Pleural Effusion', '[["grad_cam", null], ["lrp", null], ["grad_cam", "other_patient"]]', 'with', false, false);


--
-- Data for Name: reading_event; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reading_event VALUES (1, 1, 'opened', NULL, '2026-11-28 15:14:17.733566', 0);
INSERT INTO public.reading_event VALUES (2, 1, 'locked', 1, '2026-11-28 15:14:17.768125', 12);
INSERT INTO public.reading_event VALUES (3, 1, 'locked', 4, '2026-11-28 15:14:17.855311', 30.25);
INSERT INTO public.reading_event VALUES (4, 2, 'opened', NULL, '2026-11-28 15:14:17.856725', 0);
INSERT INTO public.reading_event VALUES (5, 2, 'locked', 1, '2026-11-28 15:14:17.880028', 12);
INSERT INTO public.reading_event VALUES (6, 2, 'locked', 4, '2026-11-28 15:14:17.966024', 30.25);
INSERT INTO public.reading_event VALUES (7, 3, 'opened', NULL, '2026-11-28 15:14:17.967388', 0);
INSERT INTO public.reading_event VALUES (8, 3, 'locked', 1, '2026-11-28 15:14:17.989568', 12);
INSERT INTO public.reading_event VALUES (9, 3, 'locked', 4, '2026-11-28 15:14:18.074112', 30.25);
INSERT INTO public.reading_event VALUES (10, 4, 'opened', NULL, '2026-11-28 15:14:18.075398', 0);
INSERT INTO public.reading_event VALUES (11, 4, 'locked', 1, '2026-11-28 15:14:18.097475', 12);
INSERT INTO public.reading_event VALUES (12, 4, 'locked', 4, '2026-11-28 15:14:18.18497', 30.25);
INSERT INTO public.reading_event VALUES (13, 5, 'opened', NULL, '2026-11-28 15:14:18.193053', 0);
INSERT INTO public.reading_event VALUES (14, 5, 'locked', 1, '2026-11-28 15:14:18.218342', 12);
INSERT INTO public.reading_event VALUES (15, 5, 'locked', 4, '2026-11-28 15:14:18.315497', 30.25);
INSERT INTO public.reading_event VALUES (16, 6, 'opened', NULL, '2026-11-28 15:14:18.316832', 0);
INSERT INTO public.reading_event VALUES (17, 6, 'locked', 1, '2026-11-28 15:14:18.338868', 12);
INSERT INTO public.reading_event VALUES (18, 6, 'locked', 4, '2026-11-28 15:14:18.422584', 30.25);
INSERT INTO public.reading_event VALUES (19, 7, 'opened', NULL, '2026-11-28 15:14:18.423855', 0);
INSERT INTO public.reading_event VALUES (20, 7, 'locked', 1, '2026-11-28 15:14:18.444244', 12);
INSERT INTO public.reading_event VALUES (21, 7, 'locked', 4, '2026-11-28 15:14:18.529307', 30.25);
INSERT INTO public.reading_event VALUES (22, 8, 'opened', NULL, '2026-11-28 15:14:18.530654', 0);
INSERT INTO public.reading_event VALUES (23, 8, 'locked', 1, '2026-11-28 15:14:18.55546', 12);
INSERT INTO public.reading_event VALUES (24, 8, 'locked', 4, '2026-11-28 15:14:18.6448', 30.25);
INSERT INTO public.reading_event VALUES (25, 9, 'locked', 1, '2026-11-28 15:14:18.677503', 12);
INSERT INTO public.reading_event VALUES (26, 9, 'locked', 4, '2026-11-28 15:14:18.765401', 30.25);
INSERT INTO public.reading_event VALUES (27, 10, 'locked', 1, '2026-11-28 15:14:18.788736', 12);
INSERT INTO public.reading_event VALUES (28, 10, 'locked', 4, '2026-11-28 15:14:19.202006', 30.25);
INSERT INTO public.reading_event VALUES (29, 11, 'locked', 1, '2026-11-28 15:14:19.226143', 12);
INSERT INTO public.reading_event VALUES (30, 11, 'paused', NULL, '2026-11-28 15:14:19.247429', 21.5);


--
-- Data for Name: revision; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.revision VALUES (1, 1, '2', '2026-11-28 15:14:17.695338', 0, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, false, 1, false, 'LRP', 4, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (1, 2, '5', '2026-11-28 15:14:17.70657', 0, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, false, 1, false, 'LRP', 4, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (2, 1, '"a"', '2026-11-28 15:14:17.712905', 0, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, false, 1, false, 'LRP', 4, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (2, 2, 'null', '2026-11-28 15:14:17.71738', 0, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, false, 1, false, 'LRP', 4, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (3, 1, '"no"', '2026-11-28 15:14:17.736051', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (3, 2, '"yes"', '2026-11-28 15:14:17.746224', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (4, 1, '[30.5, 20.25]', '2026-11-28 15:14:17.752469', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (5, 1, '"agree"', '2026-11-28 15:14:17.770574', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (6, 1, '1', '2026-11-28 15:14:17.779935', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (6, 2, '4', '2026-11-28 15:14:17.788905', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (7, 1, '["too large"]', '2026-11-28 15:14:17.798459', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (8, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:17.809539', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (9, 1, '1', '2026-11-28 15:14:17.818654', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (9, 2, '"cannot judge"', '2026-11-28 15:14:17.827733', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (10, 1, '["too large"]', '2026-11-28 15:14:17.837104', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (11, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:17.846576', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (12, 1, '"no"', '2026-11-28 15:14:17.858603', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (12, 2, '"yes"', '2026-11-28 15:14:17.86345', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (13, 1, '[30.5, 20.25]', '2026-11-28 15:14:17.868298', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (14, 1, '"agree"', '2026-11-28 15:14:17.882391', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (15, 1, '1', '2026-11-28 15:14:17.891878', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (15, 2, '4', '2026-11-28 15:14:17.900947', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (16, 1, '["too large"]', '2026-11-28 15:14:17.911021', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (17, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:17.921593', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (18, 1, '1', '2026-11-28 15:14:17.930667', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (18, 2, '"cannot judge"', '2026-11-28 15:14:17.939625', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (19, 1, '["too large"]', '2026-11-28 15:14:17.948987', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (20, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:17.957969', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (21, 1, '"no"', '2026-11-28 15:14:17.969171', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (21, 2, '"yes"', '2026-11-28 15:14:17.973717', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (22, 1, '[30.5, 20.25]', '2026-11-28 15:14:17.97876', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (23, 1, '"agree"', '2026-11-28 15:14:17.992256', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (24, 1, '1', '2026-11-28 15:14:18.001465', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (24, 2, '4', '2026-11-28 15:14:18.010525', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (25, 1, '["too large"]', '2026-11-28 15:14:18.020054', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (26, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.030335', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (27, 1, '1', '2026-11-28 15:14:18.039245', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (27, 2, '"cannot judge"', '2026-11-28 15:14:18.047943', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (28, 1, '["too large"]', '2026-11-28 15:14:18.057072', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (29, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.066203', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (30, 1, '"no"', '2026-11-28 15:14:18.077129', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (30, 2, '"yes"', '2026-11-28 15:14:18.081385', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (31, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.086202', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (32, 1, '"agree"', '2026-11-28 15:14:18.099958', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (33, 1, '1', '2026-11-28 15:14:18.109379', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (33, 2, '4', '2026-11-28 15:14:18.118661', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (34, 1, '["too large"]', '2026-11-28 15:14:18.128483', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (35, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.139448', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (36, 1, '1', '2026-11-28 15:14:18.150023', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (36, 2, '"cannot judge"', '2026-11-28 15:14:18.159042', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (37, 1, '["too large"]', '2026-11-28 15:14:18.168121', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (38, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.176921', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (39, 1, '"no"', '2026-11-28 15:14:18.194816', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (39, 2, '"yes"', '2026-11-28 15:14:18.199743', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (40, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.205399', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (41, 1, '"agree"', '2026-11-28 15:14:18.22073', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (42, 1, '1', '2026-11-28 15:14:18.229805', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (42, 2, '4', '2026-11-28 15:14:18.240402', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (43, 1, '["too large"]', '2026-11-28 15:14:18.252285', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (44, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.262463', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (45, 1, '1', '2026-11-28 15:14:18.272735', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (45, 2, '"cannot judge"', '2026-11-28 15:14:18.283712', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (46, 1, '["too large"]', '2026-11-28 15:14:18.294419', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (47, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.306678', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, false, 'Map B', 2, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (48, 1, '"no"', '2026-11-28 15:14:18.318508', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (48, 2, '"yes"', '2026-11-28 15:14:18.323106', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (49, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.327843', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (50, 1, '"agree"', '2026-11-28 15:14:18.341146', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (51, 1, '1', '2026-11-28 15:14:18.350137', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (77, 1, '"agree"', '2026-11-28 15:14:18.679915', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (51, 2, '4', '2026-11-28 15:14:18.358929', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (52, 1, '["too large"]', '2026-11-28 15:14:18.369856', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (53, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.378852', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (54, 1, '1', '2026-11-28 15:14:18.387893', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (54, 2, '"cannot judge"', '2026-11-28 15:14:18.396577', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (55, 1, '["too large"]', '2026-11-28 15:14:18.405894', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (56, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.414921', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (57, 1, '"no"', '2026-11-28 15:14:18.425454', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (57, 2, '"yes"', '2026-11-28 15:14:18.429412', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (58, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.433786', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (59, 1, '"agree"', '2026-11-28 15:14:18.446231', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (60, 1, '1', '2026-11-28 15:14:18.454754', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (60, 2, '4', '2026-11-28 15:14:18.463809', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (61, 1, '["too large"]', '2026-11-28 15:14:18.474621', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (62, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.483943', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, 'ace75073a24ef41a43cfa063c8de23ecdbde8e0cc3927e6e5237134dc9b177da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (63, 1, '1', '2026-11-28 15:14:18.492995', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (63, 2, '"cannot judge"', '2026-11-28 15:14:18.501956', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (64, 1, '["too large"]', '2026-11-28 15:14:18.511611', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (65, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.520976', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map B', 2, '4115c4109b7ad2adbfbd0738aebffef44a6fe69146e715c3a5fd7c273046a8c8', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (66, 1, '"no"', '2026-11-28 15:14:18.532622', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (66, 2, '"yes"', '2026-11-28 15:14:18.537222', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (67, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.542734', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (68, 1, '"agree"', '2026-11-28 15:14:18.55887', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (69, 1, '1', '2026-11-28 15:14:18.570366', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (69, 2, '4', '2026-11-28 15:14:18.579726', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (70, 1, '["too large"]', '2026-11-28 15:14:18.591056', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (71, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.600259', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (72, 1, '1', '2026-11-28 15:14:18.609349', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (72, 2, '"cannot judge"', '2026-11-28 15:14:18.61826', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (73, 1, '["too large"]', '2026-11-28 15:14:18.627679', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (74, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.636805', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 4, false, 'Map B', 2, '5fe2ec6cc87aa3622387b532317d8fd81b2941c639a853e81a467cdc6f1ae02e', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (75, 1, '"no"', '2026-11-28 15:14:18.656008', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (75, 2, '"yes"', '2026-11-28 15:14:18.661028', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (76, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.666118', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (78, 1, '1', '2026-11-28 15:14:18.689471', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map A', 1, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (78, 2, '4', '2026-11-28 15:14:18.700282', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map A', 1, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (79, 1, '["too large"]', '2026-11-28 15:14:18.709657', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map A', 1, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (80, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.718503', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map A', 1, '7d5666321edabd524173fe7722df067402299e6352bdbffe08a0faddb99b6363', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (81, 1, '1', '2026-11-28 15:14:18.727907', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map B', 2, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (81, 2, '"cannot judge"', '2026-11-28 15:14:18.737701', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map B', 2, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (82, 1, '["too large"]', '2026-11-28 15:14:18.747821', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map B', 2, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (83, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:18.757235', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 1, true, 'Map B', 2, 'c95a8df1743587035dad4c65d582a40b3e767f74cc2c422350dae7b9112511da', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (84, 1, '"no"', '2026-11-28 15:14:18.767845', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (84, 2, '"yes"', '2026-11-28 15:14:18.77231', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (85, 1, '[30.5, 20.25]', '2026-11-28 15:14:18.777246', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (86, 1, '"agree"', '2026-11-28 15:14:18.791062', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (87, 1, '1', '2026-11-28 15:14:18.802572', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (87, 2, '4', '2026-11-28 15:14:18.812778', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (88, 1, '["too large"]', '2026-11-28 15:14:19.091905', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (89, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:19.102303', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map A', 1, 'a4e0c53608a710d00758750928dfd3bfe3ce11830967ceec08f965efa324b221', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (90, 1, '1', '2026-11-28 15:14:19.113445', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, 'ea16e47c0a3712097d53dbc62620bbdd77c1ba5104ae3d53799ad011e4585e95', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (90, 2, '"cannot judge"', '2026-11-28 15:14:19.127999', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, 'ea16e47c0a3712097d53dbc62620bbdd77c1ba5104ae3d53799ad011e4585e95', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (91, 1, '["too large"]', '2026-11-28 15:14:19.13935', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, 'ea16e47c0a3712097d53dbc62620bbdd77c1ba5104ae3d53799ad011e4585e95', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (92, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:19.149838', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map B', 2, 'ea16e47c0a3712097d53dbc62620bbdd77c1ba5104ae3d53799ad011e4585e95', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (93, 1, '1', '2026-11-28 15:14:19.16083', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map C', 3, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (93, 2, '4', '2026-11-28 15:14:19.171413', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map C', 3, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (94, 1, '["too large"]', '2026-11-28 15:14:19.182253', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map C', 3, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (95, 1, '"=1+1; \"\u00fc\", \n second line"', '2026-11-28 15:14:19.19226', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 2, false, 'Map C', 3, 'd839a2d6d0958aa91a18cfb7981799b3107431ffbd9cd7383021ef58a081251c', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (96, 1, '"no"', '2026-11-28 15:14:19.204676', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (96, 2, '"yes"', '2026-11-28 15:14:19.209183', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (97, 1, '[30.5, 20.25]', '2026-11-28 15:14:19.214435', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (98, 1, '2', '2026-11-28 15:14:19.233511', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);
INSERT INTO public.revision VALUES (99, 1, '"not finished yet"', '2026-11-28 15:14:19.243539', 4.5, 'own', '16581e88a0ee1291ea2fbbc3c6e992506dfa48c16c33046355415e7a222e4667', 0.5, true, 3, false, 'Map A', 1, '9ea53189713249cd4b33798acd8c87e279f84c7f660184bb27d4f49901ff7b6f', 0.25, 'p99.5', 1, NULL, NULL, NULL, NULL);


--
-- Data for Name: sign_in; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sign_in VALUES ('d6d1ea32cefd70bd6a34f114ca79c6b54b432d66353ce692c42bafb39e59248b', 2, '2026-11-28 15:14:19.781005', '2026-11-29 03:14:19.781005');


--
-- Data for Name: study; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.study VALUES (1, 'phantom-demo', 'Phantom demo', 'Synthetic radiographs whose findings are known exactly. No patient is shown.', 'phantom', '2026-11-28 15:14:10.577964', NULL, NULL);
INSERT INTO public.study VALUES (2, 'my-radiographs', 'My radiographs', 'Radiographs that you upload.', 'own', '2026-11-28 15:14:10.577996', NULL, NULL);
INSERT INTO public.study VALUES (3, 'finished', 'Finished – “quoted” & <marked>', 'A study that is frozen.', 'own', '2026-11-28 15:14:12.000737', '{"design": {"back": true, "blinded": true, "cases_per_reader": 0, "changes": false, "controlled": 0.1, "controls": [], "counterbalanced": true, "debrief": true, "drawing": true, "mode": "with", "repeats": 0, "seed": 1, "sessions": 1, "shuffled": true, "warm_up": 0, "washout_days": 14.0}, "methods": ["grad_cam", "lrp"], "preset": "", "readers": ["Ada", "Bo"], "source": "\nname = \"finished\"\ntitle = \"Finished \u2013 \u201cquoted\u201d & <marked>\"\nabout = \"A study that is frozen.\"\nmodel = \"own\"\nmethods = [\"grad_cam\", \"lrp\"]\nreaders = [\"Ada\", \"Bo\"]\n\n[cases]\nstudy = \"my-radiographs\"\n\n[labels]\nfrom = \"given\"\ngiven = [\"Pleural Effusion\"]\n\n[design]\nseed = 1\nchanges = false\ndrawing = true\n\n[[question]]\nid = \"years\"\nwording = \"Years of reading?\"\nkind = \"number\"\nstep = \"start\"\nminimum = 0\nrequired = true\n\n[[question]]\nid = \"present\"\nwording = \"Is the finding present?\"\nkind = \"choice\"\nstep = \"image\"\noptions = [\"yes\", \"no\"]\nrequired = true\n\n[[question]]\nid = \"point\"\nwording = \"Where?\"\nkind = \"point\"\nstep = \"image\"\n\n[[question]]\nid = \"agreement\"\nwording = \"Do you agree with the model?\"\nkind = \"choice\"\nstep = \"reveal\"\noptions = [\"agree\", \"disagree\"]\nrequired = true\n\n[[question]]\nid = \"location\"\nwording = \"The map highlights the correct location.\"\nkind = \"scale\"\nstep = \"maps\"\noptions = [\"No\", \"Hardly\", \"Partly\", \"Mostly\", \"Yes\"]\nmay_abstain = true\nrequired = true\n\n[[question]]\nid = \"failure_tags\"\nwording = \"What is wrong with it?\"\nkind = \"tags\"\nstep = \"maps\"\noptions = [\"too large\", \"elsewhere\"]\n\n[[question]]\nid = \"comment\"\nwording = \"Comment\"\nkind = \"text\"\nstep = \"maps\"\n\n[[question]]\nid = \"useful\"\nwording = \"Were the maps useful?\"\nkind = \"choice\"\nstep = \"end\"\noptions = [\"yes\", \"no\"]\nrequired = true\n\n", "target": "logit"}', '2026-11-28 15:14:18.648995');
INSERT INTO public.study VALUES (4, 'half-read', 'Half-read – “quoted” & <marked>', 'A study that is frozen.', 'own', '2026-11-28 15:14:12.012358', '{"design": {"back": true, "blinded": true, "cases_per_reader": 0, "changes": false, "controlled": 0.5, "controls": ["random_model", "other_patient"], "counterbalanced": true, "debrief": true, "drawing": true, "mode": "with", "repeats": 1, "seed": 2, "sessions": 2, "shuffled": true, "warm_up": 1, "washout_days": 1.0}, "methods": ["grad_cam", "lrp"], "preset": "", "readers": ["Ada", "Bo"], "source": "\nname = \"half-read\"\ntitle = \"Half-read \u2013 \u201cquoted\u201d & <marked>\"\nabout = \"A study that is frozen.\"\nmodel = \"own\"\nmethods = [\"grad_cam\", \"lrp\"]\nreaders = [\"Ada\", \"Bo\"]\n\n[cases]\nstudy = \"my-radiographs\"\n\n[labels]\nfrom = \"given\"\ngiven = [\"Pleural Effusion\"]\n\n[design]\nseed = 2\nrepeats = 1\nwarm_up = 1\ndrawing = true\nsessions = 2\nwashout_days = 1\ncontrols = [\"random_model\", \"other_patient\"]\ncontrolled = 0.5\nmode = \"with\"\n\n[[question]]\nid = \"years\"\nwording = \"Years of reading?\"\nkind = \"number\"\nstep = \"start\"\nminimum = 0\nrequired = true\n\n[[question]]\nid = \"present\"\nwording = \"Is the finding present?\"\nkind = \"choice\"\nstep = \"image\"\noptions = [\"yes\", \"no\"]\nrequired = true\n\n[[question]]\nid = \"point\"\nwording = \"Where?\"\nkind = \"point\"\nstep = \"image\"\n\n[[question]]\nid = \"agreement\"\nwording = \"Do you agree with the model?\"\nkind = \"choice\"\nstep = \"reveal\"\noptions = [\"agree\", \"disagree\"]\nrequired = true\n\n[[question]]\nid = \"location\"\nwording = \"The map highlights the correct location.\"\nkind = \"scale\"\nstep = \"maps\"\noptions = [\"No\", \"Hardly\", \"Partly\", \"Mostly\", \"Yes\"]\nmay_abstain = true\nrequired = true\n\n[[question]]\nid = \"failure_tags\"\nwording = \"What is wrong with it?\"\nkind = \"tags\"\nstep = \"maps\"\noptions = [\"too large\", \"elsewhere\"]\n\n[[question]]\nid = \"comment\"\nwording = \"Comment\"\nkind = \"text\"\nstep = \"maps\"\n\n[[question]]\nid = \"useful\"\nwording = \"Were the maps useful?\"\nkind = \"choice\"\nstep = \"end\"\noptions = [\"yes\", \"no\"]\nrequired = true\n\n", "target": "logit"}', NULL);


--
-- Data for Name: study_case; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.study_case VALUES (1, 2, 'phantom-0001', '249b9aa94138d45c6e69769bb0fec291ee9f7c2166a3f011c4376eba73e54fb6', 1);
INSERT INTO public.study_case VALUES (2, 2, 'phantom-0005', 'b3381743e8608c8b1e715190bb101827475cc94e9aa790232347bbd8a01b16cc', 2);
INSERT INTO public.study_case VALUES (3, 2, 'phantom-0004', 'c7856a25d49903a6a86710a831a16063115ba955aa545aba4d63be93772e7c1f', 3);
INSERT INTO public.study_case VALUES (4, 2, 'phantom-0007', '08f793c511fb0681ab806d9a8d6d4354b9a01242544a546335faa5c496ea5911', 4);
INSERT INTO public.study_case VALUES (5, 3, 'phantom-0001', '249b9aa94138d45c6e69769bb0fec291ee9f7c2166a3f011c4376eba73e54fb6', 1);
INSERT INTO public.study_case VALUES (6, 3, 'phantom-0005', 'b3381743e8608c8b1e715190bb101827475cc94e9aa790232347bbd8a01b16cc', 2);
INSERT INTO public.study_case VALUES (7, 3, 'phantom-0004', 'c7856a25d49903a6a86710a831a16063115ba955aa545aba4d63be93772e7c1f', 3);
INSERT INTO public.study_case VALUES (8, 3, 'phantom-0007', '08f793c511fb0681ab806d9a8d6d4354b9a01242544a546335faa5c496ea5911', 4);
INSERT INTO public.study_case VALUES (9, 4, 'phantom-0001', '249b9aa94138d45c6e69769bb0fec291ee9f7c2166a3f011c4376eba73e54fb6', 1);
INSERT INTO public.study_case VALUES (10, 4, 'phantom-0005', 'b3381743e8608c8b1e715190bb101827475cc94e9aa790232347bbd8a01b16cc', 2);
INSERT INTO public.study_case VALUES (11, 4, 'phantom-0004', 'c7856a25d49903a6a86710a831a16063115ba955aa545aba4d63be93772e7c1f', 3);
INSERT INTO public.study_case VALUES (12, 4, 'phantom-0007', '08f793c511fb0681ab806d9a8d6d4354b9a01242544a546335faa5c496ea5911', 4);


--
-- Data for Name: wording; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.wording VALUES (1, 1, '[{"construct": "reader''s background", "help": "", "id": "specialty", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["radiology", "other physician", "radiographer", "student", "other"], "required": true, "source": "", "step": 0, "wording": "What is your specialty?"}, {"construct": "reader''s background", "help": "", "id": "experience", "kind": "number", "maximum": 70, "may_abstain": false, "minimum": 0, "options": [], "required": true, "source": "", "step": 0, "wording": "For how many years have you read chest radiographs?"}, {"construct": "reader''s background", "help": "", "id": "familiarity", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Not at all familiar", "Slightly familiar", "Moderately familiar", "Very familiar", "Extremely familiar"], "required": true, "source": "", "step": 0, "wording": "How familiar are you with explanations of AI, such as heatmaps?"}, {"construct": "reader''s own diagnosis", "help": "", "id": "finding_present", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "Is the finding present?"}, {"construct": "reader''s own diagnosis", "help": "", "id": "finding_probability", "kind": "percent", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "How probable is the finding, from 0 to 100?"}, {"construct": "confidence in the own diagnosis", "help": "", "id": "confidence", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Not at all confident", "Slightly confident", "Moderately confident", "Very confident", "Completely confident"], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "How confident are you?"}, {"construct": "reader''s own localisation", "help": "Click on the radiograph; a second click moves the point.", "id": "point", "kind": "point", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "CheXlocalize, Saporta 2022, doi 10.1038/s42256-022-00536-x", "step": 1, "wording": "If it is present: which point is most representative of the finding?"}, {"construct": "agreement with the model", "help": "", "id": "agreement", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["agree", "disagree", "change my answer"], "required": true, "source": "Rainey 2024, pdig.0000560", "step": 3, "wording": "Do you agree with the model?"}, {"construct": "spatially correct", "help": "", "id": "location", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069", "step": 4, "wording": "The map highlights the correct location of the finding."}, {"construct": "completeness", "help": "", "id": "coverage", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "10.3390/app14114654", "step": 4, "wording": "The map covers the whole finding."}, {"construct": "noise robustness", "help": "", "id": "specificity", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "10.3390/app14114654", "step": 4, "wording": "The map is free of major highlighted regions unrelated to the finding."}, {"construct": "clinical relevance", "help": "", "id": "significance", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "SHAMSUL (10.5617/nmi.10471); Ihongbe 2024, pone.0308758", "step": 4, "wording": "The highlighted region is medically significant for this label."}, {"construct": "understanding", "help": "", "id": "understanding", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069", "step": 4, "wording": "From this map I understand why the model gave this output."}, {"construct": "trust", "help": "", "id": "trust", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069; Ihongbe 2024, pone.0308758", "step": 4, "wording": "This map increases my trust in this prediction."}, {"construct": "usefulness", "help": "", "id": "usefulness", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Wollek 2023, arXiv 2303.01871", "step": 4, "wording": "This map would help me in this reading."}, {"construct": "kind of failure", "help": "", "id": "failure_tags", "kind": "tags", "maximum": null, "may_abstain": false, "minimum": null, "options": ["device", "text marker", "border", "wrong side", "other anatomy"], "required": false, "source": "", "step": 4, "wording": "What does the map highlight wrongly?"}, {"construct": "", "help": "", "id": "comment", "kind": "text", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 4, "wording": "Comment"}, {"construct": "preference", "help": "Maps may share a rank.", "id": "rank", "kind": "rank", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": true, "source": "", "step": 4, "wording": "Rank of this map, 1 is best."}, {"construct": "System Causability Scale", "help": "", "id": "scs_1", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I found that the data included all relevant known causal factors with sufficient precision and granularity."}, {"construct": "System Causability Scale", "help": "", "id": "scs_2", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I understood the explanations within the context of my work."}, {"construct": "System Causability Scale", "help": "", "id": "scs_3", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I could change the level of detail on demand."}, {"construct": "System Causability Scale", "help": "", "id": "scs_4", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not need support to understand the explanations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_5", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I found the explanations helped me to understand causality."}, {"construct": "System Causability Scale", "help": "", "id": "scs_6", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I was able to use the explanations with my knowledge base."}, {"construct": "System Causability Scale", "help": "", "id": "scs_7", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not find inconsistencies between explanations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_8", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I think that most people would learn to understand the explanations very quickly."}, {"construct": "System Causability Scale", "help": "", "id": "scs_9", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not need more references in the explanations: e.g., medical guidelines, regulations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_10", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I received the explanations in a timely and efficient manner."}]', '2026-11-28 15:14:10.577964');
INSERT INTO public.wording VALUES (2, 1, '[{"construct": "reader''s background", "help": "", "id": "specialty", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["radiology", "other physician", "radiographer", "student", "other"], "required": true, "source": "", "step": 0, "wording": "What is your specialty?"}, {"construct": "reader''s background", "help": "", "id": "experience", "kind": "number", "maximum": 70, "may_abstain": false, "minimum": 0, "options": [], "required": true, "source": "", "step": 0, "wording": "For how many years have you read chest radiographs?"}, {"construct": "reader''s background", "help": "", "id": "familiarity", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Not at all familiar", "Slightly familiar", "Moderately familiar", "Very familiar", "Extremely familiar"], "required": true, "source": "", "step": 0, "wording": "How familiar are you with explanations of AI, such as heatmaps?"}, {"construct": "reader''s own diagnosis", "help": "", "id": "finding_present", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "Is the finding present?"}, {"construct": "reader''s own diagnosis", "help": "", "id": "finding_probability", "kind": "percent", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "How probable is the finding, from 0 to 100?"}, {"construct": "confidence in the own diagnosis", "help": "", "id": "confidence", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Not at all confident", "Slightly confident", "Moderately confident", "Very confident", "Completely confident"], "required": true, "source": "Collab-CXR, Sci Data s41597-025-05054-0", "step": 1, "wording": "How confident are you?"}, {"construct": "reader''s own localisation", "help": "Click on the radiograph; a second click moves the point.", "id": "point", "kind": "point", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "CheXlocalize, Saporta 2022, doi 10.1038/s42256-022-00536-x", "step": 1, "wording": "If it is present: which point is most representative of the finding?"}, {"construct": "agreement with the model", "help": "", "id": "agreement", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["agree", "disagree", "change my answer"], "required": true, "source": "Rainey 2024, pdig.0000560", "step": 3, "wording": "Do you agree with the model?"}, {"construct": "spatially correct", "help": "", "id": "location", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069", "step": 4, "wording": "The map highlights the correct location of the finding."}, {"construct": "completeness", "help": "", "id": "coverage", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "10.3390/app14114654", "step": 4, "wording": "The map covers the whole finding."}, {"construct": "noise robustness", "help": "", "id": "specificity", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "10.3390/app14114654", "step": 4, "wording": "The map is free of major highlighted regions unrelated to the finding."}, {"construct": "clinical relevance", "help": "", "id": "significance", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "SHAMSUL (10.5617/nmi.10471); Ihongbe 2024, pone.0308758", "step": 4, "wording": "The highlighted region is medically significant for this label."}, {"construct": "understanding", "help": "", "id": "understanding", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069", "step": 4, "wording": "From this map I understand why the model gave this output."}, {"construct": "trust", "help": "", "id": "trust", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Hicks 2024, pone.0304069; Ihongbe 2024, pone.0308758", "step": 4, "wording": "This map increases my trust in this prediction."}, {"construct": "usefulness", "help": "", "id": "usefulness", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Wollek 2023, arXiv 2303.01871", "step": 4, "wording": "This map would help me in this reading."}, {"construct": "kind of failure", "help": "", "id": "failure_tags", "kind": "tags", "maximum": null, "may_abstain": false, "minimum": null, "options": ["device", "text marker", "border", "wrong side", "other anatomy"], "required": false, "source": "", "step": 4, "wording": "What does the map highlight wrongly?"}, {"construct": "", "help": "", "id": "comment", "kind": "text", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 4, "wording": "Comment"}, {"construct": "preference", "help": "Maps may share a rank.", "id": "rank", "kind": "rank", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": true, "source": "", "step": 4, "wording": "Rank of this map, 1 is best."}, {"construct": "System Causability Scale", "help": "", "id": "scs_1", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I found that the data included all relevant known causal factors with sufficient precision and granularity."}, {"construct": "System Causability Scale", "help": "", "id": "scs_2", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I understood the explanations within the context of my work."}, {"construct": "System Causability Scale", "help": "", "id": "scs_3", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I could change the level of detail on demand."}, {"construct": "System Causability Scale", "help": "", "id": "scs_4", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not need support to understand the explanations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_5", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I found the explanations helped me to understand causality."}, {"construct": "System Causability Scale", "help": "", "id": "scs_6", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I was able to use the explanations with my knowledge base."}, {"construct": "System Causability Scale", "help": "", "id": "scs_7", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not find inconsistencies between explanations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_8", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I think that most people would learn to understand the explanations very quickly."}, {"construct": "System Causability Scale", "help": "", "id": "scs_9", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I did not need more references in the explanations: e.g., medical guidelines, regulations."}, {"construct": "System Causability Scale", "help": "", "id": "scs_10", "kind": "scale", "maximum": null, "may_abstain": false, "minimum": null, "options": ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"], "required": true, "source": "Holzinger 2020, doi 10.1007/s13218-020-00636-z", "step": 6, "wording": "I received the explanations in a timely and efficient manner."}]', '2026-11-28 15:14:10.577996');
INSERT INTO public.wording VALUES (3, 1, '[{"construct": "", "help": "", "id": "years", "kind": "number", "maximum": null, "may_abstain": false, "minimum": 0.0, "options": [], "required": true, "source": "", "step": 0, "wording": "Years of reading?"}, {"construct": "", "help": "", "id": "present", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "", "step": 1, "wording": "Is the finding present?"}, {"construct": "", "help": "", "id": "point", "kind": "point", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 1, "wording": "Where?"}, {"construct": "", "help": "", "id": "agreement", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["agree", "disagree"], "required": true, "source": "", "step": 3, "wording": "Do you agree with the model?"}, {"construct": "", "help": "", "id": "location", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["No", "Hardly", "Partly", "Mostly", "Yes"], "required": true, "source": "", "step": 4, "wording": "The map highlights the correct location."}, {"construct": "", "help": "", "id": "failure_tags", "kind": "tags", "maximum": null, "may_abstain": false, "minimum": null, "options": ["too large", "elsewhere"], "required": false, "source": "", "step": 4, "wording": "What is wrong with it?"}, {"construct": "", "help": "", "id": "comment", "kind": "text", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 4, "wording": "Comment"}, {"construct": "", "help": "", "id": "useful", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "", "step": 6, "wording": "Were the maps useful?"}]', '2026-11-28 15:14:12.000737');
INSERT INTO public.wording VALUES (4, 1, '[{"construct": "", "help": "", "id": "years", "kind": "number", "maximum": null, "may_abstain": false, "minimum": 0.0, "options": [], "required": true, "source": "", "step": 0, "wording": "Years of reading?"}, {"construct": "", "help": "", "id": "present", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "", "step": 1, "wording": "Is the finding present?"}, {"construct": "", "help": "", "id": "point", "kind": "point", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 1, "wording": "Where?"}, {"construct": "", "help": "", "id": "agreement", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["agree", "disagree"], "required": true, "source": "", "step": 3, "wording": "Do you agree with the model?"}, {"construct": "", "help": "", "id": "location", "kind": "scale", "maximum": null, "may_abstain": true, "minimum": null, "options": ["No", "Hardly", "Partly", "Mostly", "Yes"], "required": true, "source": "", "step": 4, "wording": "The map highlights the correct location."}, {"construct": "", "help": "", "id": "failure_tags", "kind": "tags", "maximum": null, "may_abstain": false, "minimum": null, "options": ["too large", "elsewhere"], "required": false, "source": "", "step": 4, "wording": "What is wrong with it?"}, {"construct": "", "help": "", "id": "comment", "kind": "text", "maximum": null, "may_abstain": false, "minimum": null, "options": [], "required": false, "source": "", "step": 4, "wording": "Comment"}, {"construct": "", "help": "", "id": "useful", "kind": "choice", "maximum": null, "may_abstain": false, "minimum": null, "options": ["yes", "no"], "required": true, "source": "", "step": 6, "wording": "Were the maps useful?"}]', '2026-11-28 15:14:12.012358');


--
-- Name: account_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.account_id_seq', 3, true);


--
-- Name: answer_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.answer_id_seq', 99, true);


--
-- Name: failed_sign_in_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.failed_sign_in_id_seq', 1, true);


--
-- Name: reading_event_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.reading_event_id_seq', 30, true);


--
-- Name: reading_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.reading_id_seq', 28, true);


--
-- Name: study_case_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.study_case_id_seq', 12, true);


--
-- Name: study_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.study_id_seq', 4, true);


--
-- Name: account account_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: answer answer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.answer
    ADD CONSTRAINT answer_pkey PRIMARY KEY (id);


--
-- Name: failed_sign_in failed_sign_in_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.failed_sign_in
    ADD CONSTRAINT failed_sign_in_pkey PRIMARY KEY (id);


--
-- Name: reader_answer reader_answer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reader_answer
    ADD CONSTRAINT reader_answer_pkey PRIMARY KEY (study_id, reader, item, number);


--
-- Name: reading reading_case_id_reader_session_label_repeat_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_case_id_reader_session_label_repeat_key UNIQUE (case_id, reader, session, label, repeat);


--
-- Name: reading_event reading_event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading_event
    ADD CONSTRAINT reading_event_pkey PRIMARY KEY (id);


--
-- Name: reading reading_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_pkey PRIMARY KEY (id);


--
-- Name: reading reading_study_id_reader_session_place_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_study_id_reader_session_place_key UNIQUE (study_id, reader, session, place);


--
-- Name: revision revision_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_pkey PRIMARY KEY (answer_id, number);


--
-- Name: sign_in sign_in_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (token_sha256);


--
-- Name: study_case study_case_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case
    ADD CONSTRAINT study_case_pkey PRIMARY KEY (id);


--
-- Name: study_case study_case_study_id_image_sha256_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case
    ADD CONSTRAINT study_case_study_id_image_sha256_key UNIQUE (study_id, image_sha256);


--
-- Name: study_case study_case_study_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case
    ADD CONSTRAINT study_case_study_id_name_key UNIQUE (study_id, name);


--
-- Name: study_case study_case_study_id_position_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case
    ADD CONSTRAINT study_case_study_id_position_key UNIQUE (study_id, "position");


--
-- Name: study study_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study
    ADD CONSTRAINT study_name_key UNIQUE (name);


--
-- Name: study study_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study
    ADD CONSTRAINT study_pkey PRIMARY KEY (id);


--
-- Name: wording wording_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wording
    ADD CONSTRAINT wording_pkey PRIMARY KEY (study_id, version);


--
-- Name: ix_failed_sign_in_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_failed_sign_in_name ON public.failed_sign_in USING btree (name);


--
-- Name: ix_reading_event_reading_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_reading_event_reading_id ON public.reading_event USING btree (reading_id);


--
-- Name: one_answer_per_question; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_answer_per_question ON public.answer USING btree (case_id, reader, session, label, COALESCE(method, ''::text), COALESCE(control, ''::text), COALESCE(repeat_of, ''::character varying), item);


--
-- Name: answer answer_case_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.answer
    ADD CONSTRAINT answer_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.study_case(id);


--
-- Name: reader_answer reader_answer_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reader_answer
    ADD CONSTRAINT reader_answer_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.study(id);


--
-- Name: reading reading_case_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.study_case(id);


--
-- Name: reading_event reading_event_reading_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading_event
    ADD CONSTRAINT reading_event_reading_id_fkey FOREIGN KEY (reading_id) REFERENCES public.reading(id);


--
-- Name: reading reading_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reading
    ADD CONSTRAINT reading_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.study(id);


--
-- Name: revision revision_answer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revision
    ADD CONSTRAINT revision_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES public.answer(id);


--
-- Name: sign_in sign_in_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT sign_in_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: study_case study_case_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.study_case
    ADD CONSTRAINT study_case_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.study(id);


--
-- Name: wording wording_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wording
    ADD CONSTRAINT wording_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.study(id);


--
-- PostgreSQL database dump complete
--


