"""The words that names, addresses and notes are made of."""

MALE_RU = """Александр Дмитрий Максим Сергей Андрей Алексей Артём Илья Кирилл Михаил Никита Матвей
Роман Егор Арсений Иван Денис Евгений Даниил Тимофей Владислав Игорь Владимир Павел Руслан Марк
Константин Тимур Олег Ярослав Антон Николай Глеб Степан Вадим Юрий Борис Фёдор""".split()
FEMALE_RU = """Анастасия Мария Анна Виктория Екатерина Наталья Марина Полина София Дарья Алиса
Ксения Александра Елена Ольга Ирина Татьяна Светлана Юлия Вера Надежда Любовь Галина Людмила
Валентина Нина Маргарита Алина Кристина Вероника Диана Яна Тамара Лариса Евгения Жанна""".split()
LAST_RU = """Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов
Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров
Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов
Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв Белов
Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов Богданов Осипов
Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников Денисов Гаврилов""".split()
FATHERS = """Александр Дмитри Максим Серге Андре Алексе Иван Михаил Роман Егор Владимир Павел
Константин Олег Антон Никола Степан Вадим Юри Борис Фёдор Виктор Григори Леонид""".split()
MALE_EN = """James John Robert Michael William David Richard Joseph Thomas Charles Daniel Matthew
Anthony Mark Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald""".split()
FEMALE_EN = """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa
Margaret Betty Sandra Ashley Emily Donna Michelle Carol Amanda Melissa Deborah Laura""".split()
LAST_EN = """Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Anderson Taylor Moore
Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott
Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker O'Neill""".split()
CITIES = [("Москва", "Москва", 55.75, 37.62), ("Санкт-Петербург", "Санкт-Петербург", 59.94, 30.31),
          ("Новосибирская область", "Новосибирск", 55.03, 82.92),
          ("Свердловская область", "Екатеринбург", 56.84, 60.61),
          ("Татарстан", "Казань", 55.80, 49.11),
          ("Нижегородская область", "Нижний Новгород", 56.33, 44.00),
          ("Челябинская область", "Челябинск", 55.16, 61.40),
          ("Самарская область", "Самара", 53.20, 50.15), ("Омская область", "Омск", 54.99, 73.37),
          ("Ростовская область", "Ростов-на-Дону", 47.23, 39.72),
          ("Башкортостан", "Уфа", 54.74, 55.97), ("Пермский край", "Пермь", 58.01, 56.25),
          ("Воронежская область", "Воронеж", 51.67, 39.18),
          ("Калининградская область", "Калининград", 54.71, 20.51)]
STREETS = """Ленина Мира Садовая Лесная Новая Центральная Школьная Молодёжная Гагарина Пушкина
Советская Набережная Заречная Зелёная Октябрьская Полевая Комсомольская Победы Кирова Чехова
Толстого Лермонтова Вокзальная Парковая Солнечная Северная Южная Речная""".split()
FORMS = ["ООО", "АО", "ПАО", "ИП", "НКО"]
TRADES = """Строй Торг Транс Агро Мед Тех Энерго Софт Пром Авто Дом Свет Мебель Текстиль Финанс
Лес Рыб Хим Сервис Логистик""".split()
SUFFIXES = "Сервис Групп Центр Плюс Инвест Проект Снаб Маркет Альянс Ресурс Восток Север".split()
SHOPS = """Магнолия Пятачок Sunrise Corner Вкусный Green Урожай Northern Весна Blue Лавка Old
Аврора Silver Берёзка Golden Родник Little Орион Grand""".split()
SHOP_KINDS = "Market Маркет Café Кафе Store Аптека Book Дом Express Studio Клуб Bakery".split()
NOTE_WORDS = """клиент просит перезвонить после обеда customer asked about mortgage rates документы
проверены лично visited branch with passport жалоба на комиссию resolved by refund договор подписан
предложена карта limit raised on request адрес подтверждён справкой awaiting scan of the contract
доверенность действительна до конца года statement sent by mail согласие получено""".split()
NARRATIVES = [None, "Перевод собственных средств", "Оплата по счёту", "За обед", "Rent", "Gift",
              "Возврат долга", "Shared bill", "Коммунальные услуги", "С днём рождения!", "Invoice 17"]
TAGS = ["vip", "salary", "student", "pension", "mortgage", "travel", "e-mail", "no,comma", "ипотека"]

# code, numeric code, exponent, English name, Russian name
CURRENCIES = [
    ("RUB", "643", 2, "Russian rouble", "Российский рубль"),
    ("USD", "840", 2, "US dollar", "Доллар США"), ("EUR", "978", 2, "Euro", "Евро"),
    ("CNY", "156", 2, "Yuan renminbi", "Китайский юань"),
    ("BYN", "933", 2, "Belarusian ruble", "Белорусский рубль"),
    ("KZT", "398", 2, "Tenge", "Тенге"), ("JPY", "392", 0, "Yen", "Иена"),
    ("GBP", "826", 2, "Pound sterling", "Фунт стерлингов"),
    ("AED", "784", 2, "UAE dirham", "Дирхам ОАЭ"), ("TRY", "949", 2, "Turkish lira", "Турецкая лира"),
    ("AMD", "051", 2, "Armenian dram", "Армянский драм"),
    ("TND", "788", 3, "Tunisian dinar", "Тунисский динар")]
# code, kind, name, rate, fee, fee currency, notice
PRODUCTS = [
    ("INT-SETTLE", "internal", "Settlement", "0", 0, "RUB", None),
    ("INT-CASH", "internal", "Cash in vault", "0", 0, "RUB", None),
    ("CUR-BASE", "current", "Текущий", "0", 0, "RUB", None),
    ("CUR-PLUS", "current", "Текущий плюс", "0.005", 19900, "RUB", None),
    ("CUR-PRIME", "current", "Прайм", "0.01", 199000, "RUB", None),
    ("SAV-FLEX", "savings", "Накопительный", "0.075", 0, "RUB", None),
    ("SAV-GOAL", "savings", "Цель", "0.0825", 0, "RUB", 7),
    ("DEP-90", "deposit", "Вклад 90 дней", "0.115", 0, "RUB", 90),
    ("DEP-365", "deposit", "Вклад на год", "0.1234567", 0, "RUB", 30),
    ("CRD-100", "credit", "100 дней", "0.299", 9900, "RUB", None),
    ("BIZ-START", "current", "Бизнес старт", "0", 49000, "RUB", None),
    ("FX-NEIGHBOUR", "current", "Соседний", "0.0001", 150, "BYN", None),
    ("LOAN-CASH", "loan", "Кредит наличными", "0.18", 0, "RUB", None)]
# group code, English, Russian, [(mcc, name, Russian name)]
CATEGORIES = [
    ("G001", "Food", "Продукты", [("5411", "Grocery stores", "Супермаркеты"),
                                  ("5462", "Bakeries", "Пекарни"), ("5441", "Candy", "Сладости"),
                                  ("5422", "Meat", "Мясо")]),
    ("G002", "Eating out", "Рестораны", [("5812", "Restaurants", "Рестораны"),
                                         ("5814", "Fast food", "Фастфуд"), ("5813", "Bars", "Бары")]),
    ("G003", "Transport", "Транспорт", [("4111", "Local transport", "Городской транспорт"),
                                        ("4121", "Taxi", "Такси"), ("5541", "Fuel", "АЗС"),
                                        ("4112", "Railways", "Железные дороги")]),
    ("G004", "Health", "Здоровье", [("5912", "Pharmacies", "Аптеки"), ("8011", "Doctors", "Врачи"),
                                    ("8021", "Dentists", "Стоматология")]),
    ("G005", "Clothes", "Одежда", [("5651", "Family clothing", "Одежда"), ("5661", "Shoes", "Обувь"),
                                   ("5691", "Clothing stores", "Магазины одежды")]),
    ("G006", "Home", "Дом", [("5200", "Home supply", "Товары для дома"), ("5712", "Furniture", "Мебель"),
                             ("5722", "Appliances", "Техника"), ("4900", "Utilities", "ЖКХ")]),
    ("G007", "Leisure", "Досуг", [("7832", "Cinemas", "Кино"), ("5942", "Books", "Книги"),
                                  ("7997", "Clubs", "Клубы"), ("5945", "Toys", "Игрушки")]),
    ("G008", "Travel", "Путешествия", [("4511", "Airlines", "Авиабилеты"), ("7011", "Hotels", "Отели"),
                                       ("4722", "Agencies", "Турагентства")]),
    ("G009", "Digital", "Связь", [("4814", "Telephone", "Телефон"), ("5815", "Digital media", "Медиа"),
                                  ("5732", "Electronics", "Электроника")]),
    ("G010", "Risk", "Риск", [("7995", "Gambling", "Азартные игры"),
                              ("6051", "Quasi cash", "Квазиналичные")])]
