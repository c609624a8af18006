-- The small world that the examples of the OpenAPI document speak of, beside whatever bank there is: its keys are 9000xx.
-- Users are made by world.py, which knows their secrets. Run once, by the superuser.
INSERT INTO bank.address (address_id, address_no, country_code, region, city, street, house, flat, postcode)
VALUES (900001, 'A0000900001', 'RU', 'Тверская область', 'Тверь', 'Садовая улица', '7', '12', '170100');
INSERT INTO bank.party (party_id, party_no, party_type, status, language, customer_since)
SELECT i, 'C' || 9000000000 + i - 900000, 'person', 'active', 'ru', '2020-05-12' FROM generate_series(900001, 900005) AS i;
INSERT INTO bank.person (party_id, last_name, first_name, middle_name, birth_date, sex, tax_id, citizenship)
VALUES (900001, 'Петрова', 'Мария', 'Сергеевна', '1985-07-23', 'F', '690000000001', 'RU'),
       (900002, 'Соколов', 'Иван', NULL, '1979-11-02', 'M', '690000000002', 'RU'),
       (900003, 'Смирнова', 'Ольга', 'Игоревна', '1988-03-14', 'F', '690000000003', 'RU'),
       (900004, 'Орлов', 'Павел', NULL, '1992-01-30', 'M', '690000000004', 'RU'),
       (900005, 'Волкова', 'Нина', NULL, '1990-09-09', 'F', '690000000005', 'RU');
INSERT INTO bank.party_address (party_id, address_id, address_type, valid_from) VALUES (900001, 900001, 'residential', '2020-05-12');
INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code, overdraft_limit_minor, opened_on)
SELECT a.id, a.no, (SELECT p.product_id FROM bank.product AS p WHERE p.kind = a.kind ORDER BY 1 LIMIT 1),
       (SELECT b.branch_id FROM bank.branch AS b ORDER BY 1 LIMIT 1), 'RUB', a.limit, '2020-05-12'
FROM (VALUES (900001, '30101810900000900001', 'internal', 900000000000000), (900011, '40817810900000900011', 'current', 0),
             (900012, '42301810900000900012', 'savings', 0), (900021, '40817810900000900021', 'current', 0)) AS a (id, no, kind, "limit");
INSERT INTO bank.account_holder (account_id, party_id, role, valid_from)
VALUES (900011, 900001, 'owner', '2020-05-12'), (900012, 900001, 'owner', '2020-05-12'), (900021, 900002, 'owner', '2020-05-12');
INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status, day_limit_minor)
VALUES (900031, 'tok_000000000000000000900031', 900011, 900001, 'mir', '4417', 'MARIA PETROVA', '2040-01-31', 'active', 1000000),
       (900032, 'tok_000000000000000000900032', 900021, 900002, 'mir', '0932', 'IVAN SOKOLOV', '2040-01-31', 'active', NULL);
SELECT bank.transfer('7b1f6a52-4d1e-4c3a-9f2b-0e6d8c5a4b01', 900001, 900011, 400000000000, 'RUB', 'salary', 'batch', 'Salary for January', p_value_date => '2026-01-31'),
       bank.transfer('7b1f6a52-4d1e-4c3a-9f2b-0e6d8c5a4b02', 900011, 900001, 45990, 'RUB', 'card', 'terminal', NULL, p_card => 900031,
                     p_merchant => (SELECT m.merchant_id FROM bank.merchant AS m JOIN bank.category AS c ON c.category_id = m.category_id
                                    ORDER BY c.mcc <> '5411', 1 LIMIT 1), p_value_date => '2026-02-03'),
       bank.transfer('7b1f6a52-4d1e-4c3a-9f2b-0e6d8c5a4b31', 900011, 900021, 2500000, 'RUB', 'payment', 'web', 'Rent for February', p_value_date => '2026-02-05'),
       bank.transfer('7b1f6a52-4d1e-4c3a-9f2b-0e6d8c5a4b03', 900011, 900012, 10000000, 'RUB', 'payment', 'web', 'Savings', p_value_date => '2026-02-06');
INSERT INTO bank.loan (loan_id, contract_no, account_id, product_id, principal_minor, annual_rate, term_months, granted_on)
SELECT 900041, 'L0000900041', 900011, (SELECT p.product_id FROM bank.product AS p WHERE p.kind = 'loan' ORDER BY 1 LIMIT 1), 300000, 0.125, 3, '2026-01-10';
INSERT INTO bank.loan_schedule (loan_id, instalment_no, due_on, principal_minor, interest_minor)
VALUES (900041, 1, '2026-02-10', 98967, 3125), (900041, 2, '2026-03-10', 99998, 2094), (900041, 3, '2026-04-10', 101035, 1052);
