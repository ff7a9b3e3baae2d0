print('blue')
