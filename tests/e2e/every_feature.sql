-- 34 tables that use every feature of a MySQL schema at least once.
set foreign_key_checks = 0;
create table customer (
  id int unsigned not null auto_increment primary key,
  email varchar(190) character set utf8mb4 collate utf8mb4_general_ci not null,
  name varchar(100) not null comment 'as on the passport; it''s quoted',
  born date null,
  vip tinyint(1) not null default 0,
  tags set('a','b','c d') not null default '',
  status enum('new','active','gone') not null default 'new',
  created_at timestamp not null default current_timestamp,
  changed_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
  unique key email (email), key name_born (name, born desc), key name_prefix (name(5)),
  fulltext key words (name)
) engine=InnoDB auto_increment=5000 comment='people; "quoted"';
insert into customer (id, email, name, born, vip, tags, status) values
  (1,'a@example.org','Ä Ö','1970-01-01',1,'a,c d','active'),
  (2,'b@example.org','O''Brien \\ "x"',null,0,'','new'),
  (3,'c@example.org','😀','2000-02-29',0,'b','gone');
create table address (
  id int not null auto_increment primary key,
  customer int unsigned not null,
  street varchar(200), city varchar(100) default 'Bern', zip char(10),
  constraint address_customer foreign key (customer) references customer (id) on delete cascade on update cascade
);
insert into address values (1,1,'x','y','  z'),(2,2,null,default,null);
create table category (
  id smallint unsigned not null auto_increment primary key, parent smallint unsigned,
  name varchar(64) not null, constraint category_parent foreign key (parent) references category (id) on delete set null
);
insert into category values (1,null,'all'),(2,1,'some'),(3,2,'few');
create table product (
  id bigint unsigned not null auto_increment primary key, category smallint unsigned, sku binary(8) not null unique,
  price decimal(12,4) not null default 9.9900, weight float, volume double, stock mediumint, flags bit(5) default b'101',
  picture mediumblob, doc longtext, constraint price_positive check (price >= 0),
  constraint product_category foreign key (category) references category (id)
);
insert into product values (1,2,'abcdefgh',1.5,16777217,0.1,-5,b'11111',x'00ff','long'),(2,null,x'0000000000000001',0,null,null,null,null,'','');
create table composite (a int not null, b varchar(20) not null, c int, primary key (a, b), unique key c (c));
insert into composite values (1,'x',1),(1,'y',null),(2,'x',null);
create table composite_child (id int primary key, a int, b varchar(20), constraint cc foreign key (a, b) references composite (a, b));
insert into composite_child values (1,1,'x'),(2,null,'x');
create table everything (
  id int primary key, t tinyint, tu tinyint unsigned, s smallint, su smallint unsigned, m mediumint, mu mediumint unsigned,
  i int, iu int unsigned, l bigint, lu bigint unsigned, d decimal(30,10), f float, g double, c char(5), v varchar(5),
  tt tinytext, tx text, mt mediumtext, lt longtext, bi binary(3), vb varbinary(3), tb tinyblob, b blob, mb mediumblob, lb longblob,
  da date, dt datetime(6), ts timestamp(6) null, ti time(6), y year, e enum('x','y'), se set('x','y'), bt bit(17)
);
insert into everything values (1,-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,9223372036854775807,
  -12345678901234567890.0123456789,1.5,2.5,'c','v','a','b','c','d','x','y','z','','b','c','0001-01-01','9999-12-31 23:59:59.999999',
  '2020-01-01 00:00:00.000001','23:59:59.999999',1901,'y','x,y',b'10000000000000001');
insert into everything (id) values (2);
create table gen (id int primary key, a int, b int generated always as (a + 1) virtual, c int generated always as (a * 2) stored);
insert into gen (id, a) values (1, 10);
create table no_key (v int, w varchar(10));
insert into no_key values (1,'a'),(1,'a'),(null,null);
create table nullable_key (k int null, v int, unique key k (k));
insert into nullable_key values (null,1),(null,2),(3,3);
create table collated (k varchar(30) character set utf8mb4 collate utf8mb4_general_ci primary key, v int);
insert into collated values ('a',1),('B',2),('ç',3);
create table latin (k varchar(30) character set latin1 primary key);
insert into latin values ('é'),('€');
create table `order` (`select` int primary key, `from` int, `a "quoted" name` int, `ümlaut` int);
insert into `order` values (1,2,3,4);
create table spatial_place (id int primary key, at point not null, spatial key at_idx (at));
insert into spatial_place values (1, st_geomfromtext('POINT(1 2)'));
create table myisam_log (id int auto_increment primary key, line text) engine=MyISAM;
insert into myisam_log values (1,'x');
create table parted (id int not null, v int, primary key (id)) partition by hash (id) partitions 3;
insert into parted values (1,1),(2,2),(3,3);
create table empty_table (id int auto_increment primary key, v int) auto_increment=77;
create view active as select * from customer where status = 'active';
create trigger customer_before before insert on customer for each row set new.name = trim(new.name);
create procedure nothing() select 1;
create table extra_17 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_17_p foreign key (parent) references extra_17 (id));
insert into extra_17 values (1,'x',1),(2,'y',null);
create table extra_18 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_18_p foreign key (parent) references extra_17 (id));
insert into extra_18 values (1,'x',1),(2,'y',null);
create table extra_19 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_19_p foreign key (parent) references extra_17 (id));
insert into extra_19 values (1,'x',1),(2,'y',null);
create table extra_20 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_20_p foreign key (parent) references extra_17 (id));
insert into extra_20 values (1,'x',1),(2,'y',null);
create table extra_21 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_21_p foreign key (parent) references extra_17 (id));
insert into extra_21 values (1,'x',1),(2,'y',null);
create table extra_22 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_22_p foreign key (parent) references extra_17 (id));
insert into extra_22 values (1,'x',1),(2,'y',null);
create table extra_23 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_23_p foreign key (parent) references extra_17 (id));
insert into extra_23 values (1,'x',1),(2,'y',null);
create table extra_24 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_24_p foreign key (parent) references extra_17 (id));
insert into extra_24 values (1,'x',1),(2,'y',null);
create table extra_25 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_25_p foreign key (parent) references extra_17 (id));
insert into extra_25 values (1,'x',1),(2,'y',null);
create table extra_26 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_26_p foreign key (parent) references extra_17 (id));
insert into extra_26 values (1,'x',1),(2,'y',null);
create table extra_27 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_27_p foreign key (parent) references extra_17 (id));
insert into extra_27 values (1,'x',1),(2,'y',null);
create table extra_28 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_28_p foreign key (parent) references extra_17 (id));
insert into extra_28 values (1,'x',1),(2,'y',null);
create table extra_29 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_29_p foreign key (parent) references extra_17 (id));
insert into extra_29 values (1,'x',1),(2,'y',null);
create table extra_30 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_30_p foreign key (parent) references extra_17 (id));
insert into extra_30 values (1,'x',1),(2,'y',null);
create table extra_31 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_31_p foreign key (parent) references extra_17 (id));
insert into extra_31 values (1,'x',1),(2,'y',null);
create table extra_32 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_32_p foreign key (parent) references extra_17 (id));
insert into extra_32 values (1,'x',1),(2,'y',null);
create table extra_33 (id int auto_increment primary key, v varchar(20), parent int, key idx (v), constraint extra_33_p foreign key (parent) references extra_17 (id));
insert into extra_33 values (1,'x',1),(2,'y',null);
